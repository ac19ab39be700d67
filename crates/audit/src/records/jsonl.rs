//! JSON lines: one object per line, with the columns of a table as its keys.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};

use super::delimited::{Delimiter, utf8};
use super::input::Block;
use crate::{Error, ErrorKind, Result, Stage};

/// The keys of the first object, which are the columns of the file.
pub(super) fn keys(block: &Block, file: &str) -> Result<Vec<String>> {
    let text = utf8(&block.bytes, block.first_line, Delimiter::Byte(b','), file)?;
    let first = text.lines().next().unwrap_or_default();
    let mut keys: Vec<String> = Vec::new();
    each_field(first, |key, _| match keys.iter().any(|known| known == key) {
        true => Err(format!("the key `{key}` occurs twice")),
        false => {
            keys.push(key.to_owned());
            Ok(())
        }
    })
    .map_err(|cause| malformed(&cause, first, file, block.first_line))?;
    Ok(keys)
}

/// Passes the values of every object to `row` in the order of the layout's columns. A key that an
/// object lacks is an empty field; a key that the first object lacked is an error.
pub(super) fn each_row(
    block: &Block,
    names: &[String],
    file: &str,
    mut row: impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<()> {
    let text = utf8(&block.bytes, block.first_line, Delimiter::Byte(b','), file)?;
    let columns = names.len();
    for (index, object) in text.split('\n').enumerate() {
        let line = block.first_line + index as u64;
        if object.trim_ascii().is_empty() {
            continue;
        }
        let mut values: Vec<Option<Cow<'_, str>>> = vec![None; columns];
        let mut expected = 0;
        each_field(object, |key, value| {
            // Objects nearly always repeat the order of the first one.
            let usual = names.get(expected).is_some_and(|name| name == key);
            let column = if usual {
                expected
            } else {
                let found = names.iter().position(|name| name == key);
                found.ok_or_else(|| format!("the key `{key}` is not in the first record"))?
            };
            expected = column + 1;
            match values[column].replace(value) {
                None => Ok(()),
                Some(_) => Err(format!("the key `{key}` occurs twice")),
            }
        })
        .map_err(|cause| malformed(&cause, object, file, line))?;
        let fields: Vec<&str> = values.iter().map(|value| value.as_deref().unwrap_or("")).collect();
        row(&fields, line)?;
    }
    Ok(())
}

fn malformed(cause: &serde_json::Error, text: &str, file: &str, line: u64) -> Error {
    let full = cause.to_string();
    let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
    let column = cause.column().clamp(1, text.len().max(1));
    let next = if message.contains("is not in the first record") {
        "give the first record every key, with null if it has no value"
    } else if message.starts_with("invalid type") {
        "write each record as a flat object, like to_json(orient=\"records\")"
    } else {
        "write one flat JSON object per line; NaN is not JSON: set the score to null and say why \
         in `failure`"
    };
    Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
        .in_file(file)
        .at_line(line)
        .at_column(column as u64)
        .next(next)
}

/// Passes each key and value of a flat object, as text, to `field`.
fn each_field<'t>(
    text: &'t str,
    field: impl FnMut(&str, Cow<'t, str>) -> Result<(), String>,
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Fields(field))?;
    deserializer.end()
}

struct Fields<F>(F);

impl<'t, F> Visitor<'t> for Fields<F>
where
    F: FnMut(&str, Cow<'t, str>) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flat JSON object")
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Scalar<'t>>()? {
            let value = map.next_value::<Scalar<'t>>()?;
            (self.0)(&key.0, value.0).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// A value that is not an array or an object, as text; null is empty.
struct Scalar<'t>(Cow<'t, str>);

impl<'t> serde::Deserialize<'t> for Scalar<'t> {
    fn deserialize<D: serde::Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'t> Visitor<'t> for Text {
            type Value = Scalar<'t>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true, false or null")
            }
            fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Borrowed(if value { "1" } else { "0" })))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Owned(value.to_string())))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Owned(value.to_string())))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Owned(value.to_string())))
            }
            fn visit_unit<E>(self) -> Result<Scalar<'t>, E> {
                Ok(Scalar(Cow::Borrowed("")))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(u64, Vec<String>)>> {
        let block = Block { bytes: text.as_bytes().to_vec(), first_line: 1 };
        let names = keys(&block, "t.jsonl")?;
        let mut all = Vec::new();
        each_row(&block, &names, "t.jsonl", |fields, line| {
            all.push((line, fields.iter().map(|field| (*field).to_owned()).collect()));
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn values_of_every_kind_become_text() {
        let text =
            "{\"a\":\"x\\\"y\",\"b\":0.1,\"c\":true}\r\n\n{\"c\":false,\"a\":null,\"b\":-3}\n";
        let all = rows(text).unwrap();
        assert_eq!(all[0], (1, vec!["x\"y".into(), "0.1".into(), "1".into()]));
        assert_eq!(all[1], (3, vec![String::new(), "-3".into(), "0".into()]));
    }

    #[test]
    fn faults_name_line_and_column() {
        let good = "{\"a\":1}\n";
        for (line, message) in [
            ("{\"a\":NaN}", "t.jsonl:2:6: expected value"),
            ("{\"b\":1}", "t.jsonl:2:7: the key `b` is not in the first record"),
            ("{\"a\":1,\"a\":2}", "t.jsonl:2:13: the key `a` occurs twice"),
            (
                "{\"a\":[1]}",
                "t.jsonl:2:6: invalid type: sequence, expected a text, a number, true, false or null",
            ),
            ("[1]", "t.jsonl:2:1: invalid type: sequence, expected a flat JSON object"),
            ("{\"a\":1} x", "t.jsonl:2:9: trailing characters"),
            ("{\"a\"", "t.jsonl:2:4: EOF while parsing an object"),
        ] {
            assert_eq!(rows(&format!("{good}{line}")).unwrap_err().to_string(), message);
        }
    }
}
