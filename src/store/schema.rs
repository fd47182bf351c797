//! The shape of the tables: migrations in order, append-only, and whether a file has that shape.

use std::path::PathBuf;

use rusqlite::{Connection, TransactionBehavior};

use super::error::{StoreError, Subject, Trouble};
use super::location::{Place, open_private};

/// `hk64`, in the header of every store.
pub(super) const APPLICATION_ID: i32 = 0x686b_3634;

/// What leads from an empty file to the newest version, one step each.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("../../assets/schema/0001_captures.sql")];

/// How old a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// As this program writes it.
    Current,
    /// Written by an older one: its version.
    Older(usize),
}

fn version(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Makes an empty database into a store, whole or not at all.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", 16384)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for migration in MIGRATIONS {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", version(MIGRATIONS))?;
    transaction.commit()
}

/// Whose file it is and how old; refuses what is not ours and what is newer than us.
pub(super) fn inspect(connection: &Connection, subject: &Subject) -> Result<Age, StoreError> {
    let number = |name| -> Result<i64, StoreError> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| subject.sqlite(&error))
    };
    if number("application_id")? != i64::from(APPLICATION_ID) {
        return Err(subject
            .trouble(Trouble::Foreign)
            .why("it is a database of another program"));
    }
    let found = number("user_version")?;
    let newest = MIGRATIONS.len();
    match usize::try_from(found) {
        Ok(version) if version == newest => Ok(Age::Current),
        Ok(version) if (1..newest).contains(&version) => Ok(Age::Older(version)),
        _ => Err(StoreError::new(
            Trouble::Newer,
            format!("the store {subject} was written by a newer hook64"),
        )
        .why(format!(
            "its format is version {found}; this hook64 reads up to version {newest}"
        ))
        .fix("update hook64, or use another store with --store FILE")),
    }
}

/// Brings an older store up to date, after a copy of it was put beside it.
pub(super) fn migrate(
    connection: &mut Connection,
    place: &Place,
    from: usize,
    migrations: &[&str],
) -> Result<PathBuf, StoreError> {
    let copy = place.beside(&format!(".backup-v{from}"));
    back_up(connection, &copy).map_err(|error| place.subject.sqlite(&error))?;
    let mut steps = || -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        for migration in &migrations[from..] {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "user_version", version(migrations))?;
        transaction.commit()
    };
    steps().map_err(|error| place.subject.sqlite(&error))?;
    Ok(copy)
}

fn back_up(connection: &Connection, copy: &PathBuf) -> rusqlite::Result<()> {
    // An earlier copy of the same version comes from a migration that did not finish.
    let _ = std::fs::remove_file(copy);
    open_private(copy).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(())
}

/// Whether all tables are as the migrations make them. More of them may be there; triggers may not:
/// they would change what we write.
pub(super) fn verify(connection: &Connection, subject: &Subject) -> Result<(), StoreError> {
    let expected = || -> rusqlite::Result<Vec<(String, String)>> {
        let mut reference = Connection::open_in_memory()?;
        create(&mut reference)?;
        objects(&reference)
    };
    let sqlite = |error: rusqlite::Error| subject.sqlite(&error);
    let found = objects(connection).map_err(sqlite)?;
    for object in expected().map_err(sqlite)? {
        if !found.contains(&object) {
            let (name, _) = object;
            return Err(subject.trouble(Trouble::Damaged).why(format!(
                "its table or index {name} is missing or was changed"
            )));
        }
    }
    let triggers: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'",
            [],
            |row| row.get(0),
        )
        .map_err(sqlite)?;
    if triggers > 0 {
        return Err(subject
            .trouble(Trouble::Foreign)
            .why("somebody added a trigger, which would change what is stored"));
    }
    Ok(())
}

fn objects(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
