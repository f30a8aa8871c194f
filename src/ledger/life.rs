//! Who is alive: on a server a pass holds a lock for as long as its session lasts, however it ends.
//! A file needs none of this: the pass lock is held by one process, and whatever else is in hand belongs to the dead.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Ledger;
use super::columns::instant;
use super::store::values;

/// Under which number the host that plans holds its lock; passes are counted from 1.
const PLANNING: i64 = 0;

impl Ledger {
    /// Whether several hosts may be at work on it.
    pub fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// What the clock of the server shows; `None` where there is no server, and the machine's own counts.
    pub fn server_time(&self) -> Result<Option<DateTime<Utc>>> {
        if !self.store.is_shared() {
            return Ok(None);
        }
        let read = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
        self.store.one(read, &[], |row| Ok(Some(instant(row.get(0)?))))
    }

    /// What the server calls itself and the database: the same for every host, and another for a copy elsewhere.
    pub fn server_name(&self) -> Result<String> {
        let read = "SELECT current_database() || ' ' || (SELECT system_identifier FROM pg_control_system())";
        self.store.one(read, &[], |row| row.get(0)).context("ask the server for its name")
    }

    /// Lets no other host plan until [`Ledger::let_others_plan`]; answers whether none does now.
    pub fn plan_alone(&self) -> Result<bool> {
        self.lock(PLANNING)
    }

    /// Lets other hosts plan.
    pub fn let_others_plan(&self) -> Result<()> {
        self.unlock(PLANNING)
    }

    /// Shows the other hosts that this pass lives, until the session ends.
    pub(super) fn show_life(&self, pass: i64) -> Result<()> {
        self.lock(pass).map(drop)
    }

    /// Another session in place of one that broke, alive for the same pass; fails when another host takes over from it.
    pub(super) fn connect_again(&self) -> Result<()> {
        self.store.connect_again()?;
        anyhow::ensure!(self.lock(self.pass)?, "another host takes over from this pass, whose connection broke");
        Ok(())
    }

    /// The passes that hold deliveries and do not live; their locks are held until [`Ledger::bury`].
    pub(super) fn dead_owners(&self) -> Result<Vec<i64>> {
        let read = "SELECT DISTINCT owner FROM doorbell_delivery WHERE state IN ('claimed','sending')";
        let owners: Vec<i64> = self.store.all(read, &[], |row| row.get(0))?;
        let mut dead = Vec::new();
        for owner in owners {
            if self.lock(owner)? {
                dead.push(owner);
            }
        }
        Ok(dead)
    }

    /// Gives the locks of the dead back.
    pub(super) fn bury(&self, dead: &[i64]) -> Result<()> {
        dead.iter().try_for_each(|pass| self.unlock(*pass))
    }

    /// Takes a lock of this ledger, if nobody else holds it.
    fn lock(&self, number: i64) -> Result<bool> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let lock = "SELECT pg_try_advisory_lock(CAST(?1 AS INT), CAST(?2 AS INT))";
        self.store.one(lock, values![self.class()?, number], |row| row.get(0)).context("take a lock of the ledger")
    }

    fn unlock(&self, number: i64) -> Result<()> {
        if !self.store.is_shared() {
            return Ok(());
        }
        let unlock = "SELECT pg_advisory_unlock(CAST(?1 AS INT), CAST(?2 AS INT))";
        self.store.one(unlock, values![self.class()?, number], |row| row.get::<bool>(0)).map(drop)
    }

    /// Keeps the locks of one ledger apart from those of another in the same database.
    fn class(&self) -> Result<i64> {
        let digits = self.install_id.get(..7).context("read the name of the ledger")?;
        i64::from_str_radix(digits, 16).context("read the name of the ledger")
    }
}
