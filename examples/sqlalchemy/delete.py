"""Deletes an author in each of the three ways, and looks at what became of the books."""
import sys

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from models import Author, Base, Book

engine = create_engine("sqlite:///shop.db")
Base.metadata.create_all(engine)


def not_loaded(session):
    session.delete(session.get(Author, 1))


def loaded(session):
    author = session.get(Author, 1)
    author.books  # now they are
    session.delete(author)


def bulk(session):
    session.query(Author).filter(Author.id == 1).delete()


if "--create" in sys.argv:
    sys.exit()
for name, way in [("session.delete, not loaded", not_loaded), ("session.delete, loaded", loaded), ("bulk delete", bulk)]:
    with Session(engine) as session:
        session.add(Author(id=1, name="Ursula", books=[Book(title="Rocannon"), Book(title="Tehanu")]))
        session.commit()
    try:
        with Session(engine) as session:
            way(session)
            session.commit()
        with Session(engine) as session:
            left = session.query(Book).all()
            orphans = sum(book.author_id is None for book in left)
            print("%-28s%d books left, %d of them without an author" % (name, len(left), orphans))
    except Exception as error:
        print("%-28s%s" % (name, str(error).split("\n")[0]))
    with Session(engine) as session:
        session.query(Book).delete()
        session.query(Author).delete()
        session.commit()
