import org.flywaydb.core.Flyway;

/** What `flyway migrate` and `flyway repair` of the command line do. */
class FlywayRunner {
  public static void main(String[] words) {
    try {
      Flyway flyway = Flyway.configure()
          .dataSource(words[1], words[2], "")
          .locations("filesystem:" + words[3])
          .table(words[4])
          .baselineOnMigrate(!words[4].equals("flyway_schema_history"))
          .baselineVersion("0")
          .load();
      if (words[0].equals("repair")) flyway.repair();
      else flyway.migrate();
    } catch (Exception error) {
      System.err.println(error.getMessage());
      System.exit(1);
    }
  }
}
