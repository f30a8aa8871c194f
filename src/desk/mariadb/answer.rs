//! Questions to the server and the rows it answers, in the text form of its protocol.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use mysql_common::constants::ColumnType;
use mysql_common::io::ParseBuf;
use mysql_common::packets::Column;

use super::wire::{Fault, Wire, length};
use crate::desk::value::Value;

/// The command that carries a statement (MySQL's protocol, `COM_QUERY`).
const QUERY: u8 = 0x03;
/// In place of a value: NULL.
const NULL: u8 = 0xfb;

/// A row of an answer.
#[derive(Debug)]
pub(in crate::desk) struct Row {
    columns: Arc<[Column]>,
    bytes: Vec<u8>,
    values: Vec<Option<Range<usize>>>,
}

/// The columns and rows of one statement.
pub(super) fn ask(wire: &mut Wire, sql: &str) -> Result<(Arc<[Column]>, Vec<Row>), Fault> {
    wire.ask(&[&[QUERY], sql.as_bytes()].concat())?;
    let first = wire.read()?;
    match first.first() {
        Some(0x00) => return Ok((Arc::default(), Vec::new())),
        Some(&NULL) => return Err(Fault::Strange("it asks for a file of this machine")),
        _ => {}
    }
    let mut columns = Vec::new();
    for _ in 0..length(&mut ParseBuf(&first))? {
        columns.push(ParseBuf(&wire.read()?).parse(())?);
    }
    let columns: Arc<[Column]> = columns.into();
    wire.read()?;
    let mut rows = Vec::new();
    loop {
        let packet = wire.read()?;
        if matches!(packet.as_slice(), [0xfe, rest @ ..] if rest.len() < 8) {
            return Ok((columns, rows));
        }
        rows.push(Row::of(Arc::clone(&columns), packet)?);
    }
}

impl Row {
    fn of(columns: Arc<[Column]>, bytes: Vec<u8>) -> Result<Self, Fault> {
        let mut rest = ParseBuf(&bytes);
        let mut values = Vec::with_capacity(columns.len());
        for _ in columns.iter() {
            if rest.0.first() == Some(&NULL) {
                rest.checked_skip(1);
                values.push(None);
                continue;
            }
            let size = usize::try_from(length(&mut rest)?).map_err(|_| Fault::Strange("a value is too large"))?;
            let start = bytes.len() - rest.len();
            if !rest.checked_skip(size) {
                return Err(Fault::Strange("a packet ends too early"));
            }
            values.push(Some(start..start + size));
        }
        Ok(Self { columns, bytes, values })
    }

    /// The value at this place.
    pub(in crate::desk) fn value(&self, place: usize) -> Result<Value<'_>> {
        let none = || anyhow!("there is no column {place}");
        let (column, range) = self.columns.get(place).zip(self.values.get(place)).ok_or_else(none)?;
        let Some(range) = range else { return Ok(Value::Null) };
        value(column, self.bytes.get(range.clone()).ok_or_else(none)?)
    }
}

/// What letters of this type say. A time of the database's own is not understood here: adapters make it a number.
fn value<'a>(column: &Column, letters: &'a [u8]) -> Result<Value<'a>> {
    use ColumnType as Is;
    Ok(match column.column_type() {
        Is::MYSQL_TYPE_BIT => Value::Integer(bits(letters)?),
        Is::MYSQL_TYPE_TINY
        | Is::MYSQL_TYPE_SHORT
        | Is::MYSQL_TYPE_INT24
        | Is::MYSQL_TYPE_LONG
        | Is::MYSQL_TYPE_LONGLONG
        | Is::MYSQL_TYPE_YEAR
        | Is::MYSQL_TYPE_DECIMAL
        | Is::MYSQL_TYPE_NEWDECIMAL
        | Is::MYSQL_TYPE_FLOAT
        | Is::MYSQL_TYPE_DOUBLE => number(column, letters)?,
        _ => Value::Text(letters),
    })
}

/// Sums and products of whole numbers are often DECIMAL: what has nothing behind its point is a whole number still.
fn number(column: &Column, letters: &[u8]) -> Result<Value<'static>> {
    let text = std::str::from_utf8(letters)?;
    let whole = match text.split_once('.') {
        Some((whole, behind)) if behind.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return Ok(Value::Fraction),
        None => text,
    };
    match whole.parse() {
        Ok(number) => Ok(Value::Integer(number)),
        Err(_) if matches!(column.column_type(), ColumnType::MYSQL_TYPE_FLOAT | ColumnType::MYSQL_TYPE_DOUBLE) => {
            Ok(Value::Fraction)
        }
        Err(_) => Err(anyhow!("{whole} is too large a number")),
    }
}

/// `BIT(1)` to `BIT(64)`: its bytes, the highest first.
fn bits(bytes: &[u8]) -> Result<i64> {
    let number = bytes.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    Ok(i64::try_from(number)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use ColumnType as Is;

    /// A row of one value, as the server sends it.
    fn row(kind: ColumnType, value: &[u8]) -> Row {
        let columns: Arc<[Column]> = [Column::new(kind)].into();
        let size = u8::try_from(value.len()).unwrap();
        Row::of(columns, [&[size], value].concat()).unwrap()
    }

    #[test]
    fn numbers_are_numbers_whatever_the_database_calls_them() {
        for (kind, letters, expected) in [
            (Is::MYSQL_TYPE_TINY, &b"1"[..], 1),
            (Is::MYSQL_TYPE_LONGLONG, b"-9223372036854775808", i64::MIN),
            (Is::MYSQL_TYPE_LONGLONG, b"9223372036854775807", i64::MAX),
            (Is::MYSQL_TYPE_NEWDECIMAL, b"1772400000000", 1_772_400_000_000),
            (Is::MYSQL_TYPE_NEWDECIMAL, b"1772400000000.0000", 1_772_400_000_000),
            (Is::MYSQL_TYPE_DOUBLE, b"17", 17),
            (Is::MYSQL_TYPE_BIT, b"\x01", 1),
            (Is::MYSQL_TYPE_BIT, b"\0\0\x01\x02", 258),
        ] {
            let row = row(kind, letters);
            assert!(matches!(row.value(0), Ok(Value::Integer(number)) if number == expected), "{kind:?} {letters:?}");
        }
        for (kind, letters) in [
            (Is::MYSQL_TYPE_DOUBLE, &b"1.5"[..]),
            (Is::MYSQL_TYPE_DOUBLE, b"1e300"),
            (Is::MYSQL_TYPE_NEWDECIMAL, b"0.10"),
        ] {
            assert!(matches!(row(kind, letters).value(0), Ok(Value::Fraction)), "{kind:?} {letters:?}");
        }
        for (kind, letters) in [(Is::MYSQL_TYPE_LONGLONG, &b"9223372036854775808"[..]), (Is::MYSQL_TYPE_BIT, &[255; 8])]
        {
            assert!(row(kind, letters).value(0).is_err(), "{kind:?} {letters:?}");
        }
    }

    #[test]
    fn texts_are_their_bytes_and_nothing_is_nothing() {
        for kind in [Is::MYSQL_TYPE_VAR_STRING, Is::MYSQL_TYPE_BLOB, Is::MYSQL_TYPE_ENUM, Is::MYSQL_TYPE_DATETIME] {
            assert!(matches!(row(kind, b"a\xff").value(0), Ok(Value::Text(b"a\xff"))), "{kind:?}");
        }
        let columns: Arc<[Column]> = [Column::new(Is::MYSQL_TYPE_LONG)].into();
        let nothing = Row::of(columns, vec![NULL]).unwrap();
        assert!(matches!(nothing.value(0), Ok(Value::Null)));
        assert!(nothing.value(1).is_err());
    }

    proptest! {
        #[test]
        fn no_packet_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..60), count in 0_usize..4) {
            let kinds = [Is::MYSQL_TYPE_LONG, Is::MYSQL_TYPE_BIT, Is::MYSQL_TYPE_BLOB, Is::MYSQL_TYPE_DOUBLE];
            let columns: Arc<[Column]> = kinds.into_iter().take(count).map(Column::new).collect();
            if let Ok(row) = Row::of(columns, bytes) {
                for place in 0..=count {
                    let _ = row.value(place);
                }
            }
        }
    }
}
