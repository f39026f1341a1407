// What `atlas migrate apply` does with a directory, by Atlas's own Go module: its checksum, its cutting of files into
// statements, its executor. Applied files are kept in a table of this program, atlas_schema_revisions.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"
)

var openers = map[string]func(schema.ExecQuerier) (migrate.Driver, error){
	"mysql": mysql.Open, "postgres": postgres.Open, "sqlite": sqlite.Open,
}

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does `apply`; `hash`, which writes atlas.sum anew; or `set`, after which a file that was applied in part is pending from its beginning, as
// `atlas migrate set` with the version before it does.
func run(ctx context.Context, word, engine, dsn, folder string) error {
	dir, err := migrate.NewLocalDir(folder)
	if err != nil {
		return err
	}
	if word == "hash" {
		sum, err := dir.Checksum()
		if err != nil {
			return err
		}
		return migrate.WriteSumFile(dir, sum)
	}
	if err := migrate.Validate(dir); err != nil {
		return err
	}
	db, err := sql.Open(engine, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	table := revisions{db, engine == "postgres"}
	if err := table.create(ctx); err != nil {
		return err
	}
	if word == "set" {
		_, err := db.ExecContext(ctx, "DELETE FROM atlas_schema_revisions WHERE applied < total")
		return err
	}
	for {
		done, err := applyNext(ctx, db, engine, dir, table)
		if done || err != nil {
			return err
		}
	}
}

// applyNext applies one file, in a transaction unless it says `txmode none`.
func applyNext(ctx context.Context, db *sql.DB, engine string, dir migrate.Dir, table revisions) (bool, error) {
	driver, err := openers[engine](db)
	if err != nil {
		return false, err
	}
	executor, err := migrate.NewExecutor(driver, dir, table, migrate.WithAllowDirty(true))
	if err != nil {
		return false, err
	}
	pending, err := executor.Pending(ctx)
	if errors.Is(err, migrate.ErrNoPendingFiles) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	file := pending[0].(*migrate.LocalFile)
	if strings.Join(file.Directive("txmode"), "") == "none" {
		return false, executor.Execute(ctx, file)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if driver, err = openers[engine](tx); err != nil {
		return false, err
	}
	table.db = tx
	if executor, err = migrate.NewExecutor(driver, dir, table, migrate.WithAllowDirty(true)); err != nil {
		return false, err
	}
	if err := executor.Execute(ctx, file); err != nil {
		return false, err
	}
	return false, tx.Commit()
}

type revisions struct {
	db      schema.ExecQuerier
	numbers bool
}

func (r revisions) create(ctx context.Context) error {
	_, err := r.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS atlas_schema_revisions (version VARCHAR(255) PRIMARY KEY, applied BIGINT NOT NULL, total BIGINT NOT NULL, hash VARCHAR(255) NOT NULL, partial_hashes TEXT)")
	return err
}

func (r revisions) Ident() *migrate.TableIdent {
	return &migrate.TableIdent{Name: "atlas_schema_revisions"}
}

func (r revisions) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT version, applied, total, hash, partial_hashes FROM atlas_schema_revisions ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*migrate.Revision
	for rows.Next() {
		one, partial := &migrate.Revision{}, ""
		if err := rows.Scan(&one.Version, &one.Applied, &one.Total, &one.Hash, &partial); err != nil {
			return nil, err
		}
		if partial != "" {
			one.PartialHashes = strings.Split(partial, " ")
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func (r revisions) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	all, err := r.ReadRevisions(ctx)
	for _, one := range all {
		if one.Version == version {
			return one, nil
		}
	}
	if err == nil {
		err = migrate.ErrRevisionNotExist
	}
	return nil, err
}

func (r revisions) WriteRevision(ctx context.Context, one *migrate.Revision) error {
	if err := r.DeleteRevision(ctx, one.Version); err != nil {
		return err
	}
	_, err := r.db.ExecContext(ctx, r.text("INSERT INTO atlas_schema_revisions VALUES (?, ?, ?, ?, ?)"),
		one.Version, one.Applied, one.Total, one.Hash, strings.Join(one.PartialHashes, " "))
	return err
}

func (r revisions) DeleteRevision(ctx context.Context, version string) error {
	_, err := r.db.ExecContext(ctx, r.text("DELETE FROM atlas_schema_revisions WHERE version = ?"), version)
	return err
}

// text numbers the placeholders for PostgreSQL.
func (r revisions) text(statement string) string {
	for n := 1; r.numbers && strings.Contains(statement, "?"); n++ {
		statement = strings.Replace(statement, "?", fmt.Sprintf("$%d", n), 1)
	}
	return statement
}
