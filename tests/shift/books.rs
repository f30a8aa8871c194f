//! Where the ledger of a shift is: in the file of the desk, or in a schema of its own on the server that the suite runs on.

use std::cell::RefCell;
use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use doorbell::ledger::{Ledger, Place, Server};
use postgres::types::Type;
use postgres::{Client, Config, NoTls};
use rusqlite::Connection;
use rusqlite::types::{FromSql, Value, ValueRef};

/// Names the folder of the server's socket to tests whose ledgers are to be there.
pub const ON: &str = "DOORBELL_TEST_LEDGERS_ON";

/// A ledger, and one way to ask both kinds of it.
pub struct Books {
    place: Place,
    /// The section that leads the program there; empty for the file of the desk.
    pub section: String,
    client: Option<RefCell<Client>>,
}

/// A row of an answer: numbers and texts.
pub struct Cells(Vec<Value>);

impl Books {
    /// In this file, unless the suite runs on a server.
    pub fn new(file: PathBuf) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(host) = env::var_os(ON) else {
            return Self { place: Place::File(file), section: String::new(), client: None };
        };
        let schema = format!("shift_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let options = format!("-csearch_path={schema}");
        let mut config = Config::new();
        config.host_path(&host).user("postgres").dbname("postgres").options(&options);
        let mut client = config.connect(NoTls).unwrap();
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        let host = host.to_str().unwrap().replace('/', "%2F");
        let url = format!("postgres://postgres@/postgres?host={host}&options={}", options.replace('=', "%3D"));
        let server = Server { address: url.parse().unwrap(), password_file: None, ca_file: None, folder: "/".into() };
        let section = format!("\n[ledger]\nurl = \"{url}\"\n");
        Self { place: Place::Server(Box::new(server)), section, client: Some(RefCell::new(client)) }
    }

    pub fn open(&self) -> Ledger {
        Ledger::at(&self.place).unwrap()
    }

    /// Writes behind the back of doorbell; how many rows that changed.
    pub fn write(&self, sql: &str) -> u64 {
        match &self.client {
            Some(client) => client.borrow_mut().execute(sql, &[]).unwrap(),
            None => u64::try_from(self.file().execute(sql, []).unwrap()).unwrap(),
        }
    }

    /// What a statement answers, in the words of both databases.
    pub fn rows(&self, sql: &str) -> Vec<Cells> {
        if let Some(client) = &self.client {
            let rows = client.borrow_mut().query(sql, &[]).unwrap();
            return rows.iter().map(|row| Cells((0..row.len()).map(|at| cell(row, at)).collect())).collect();
        }
        let file = self.file();
        let mut read = file.prepare(sql).unwrap();
        let width = read.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect::<Result<_, _>>().map(Cells);
        read.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// The first value of every row.
    pub fn column<T: FromSql>(&self, sql: &str) -> Vec<T> {
        self.rows(sql).iter().map(|row| row.get(0)).collect()
    }

    /// The first value of the first row.
    pub fn value<T: FromSql>(&self, sql: &str) -> T {
        self.rows(sql)[0].get(0)
    }

    fn file(&self) -> Connection {
        Connection::open(self.place.path().unwrap()).unwrap()
    }
}

impl Cells {
    pub fn get<T: FromSql>(&self, at: usize) -> T {
        T::column_result(ValueRef::from(&self.0[at])).unwrap()
    }
}

fn cell(row: &postgres::Row, at: usize) -> Value {
    match *row.columns()[at].type_() {
        Type::BOOL => row.get::<_, Option<bool>>(at).map_or(Value::Null, |is| Value::Integer(is.into())),
        Type::INT8 => row.get::<_, Option<i64>>(at).map_or(Value::Null, Value::Integer),
        _ => row.get::<_, Option<String>>(at).map_or(Value::Null, Value::Text),
    }
}
