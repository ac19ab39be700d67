//! Reading FlatBuffers, with every offset checked.
//!
//! A FlatBuffer is bytes that point at each other. Nothing is trusted here: an offset that leads
//! out of the file is an error, and nothing is allocated that the file has no bytes for. The part
//! of the format that is read: <https://flatbuffers.dev/internals/>.

use crate::Result;
use crate::onnx_file::invalid;

/// A table: numbered fields, each of which may be absent.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    file: &'a [u8],
    /// Where the table starts.
    at: usize,
    /// Where the list of its fields' positions starts, and how many bytes it has.
    fields: (usize, usize),
}

impl<'a> Table<'a> {
    /// The table that the file starts with.
    pub(crate) fn root(file: &'a [u8]) -> Result<Self> {
        Table::at(file, follow(file, 0)?)
    }

    fn at(file: &'a [u8], at: usize) -> Result<Self> {
        let back = i32::from_le_bytes(read(file, at)?);
        let fields = i64::try_from(at).ok().map(|at| at - i64::from(back));
        let fields = fields.and_then(|at| usize::try_from(at).ok()).ok_or_else(broken)?;
        let length = usize::from(u16::from_le_bytes(read(file, fields)?));
        Ok(Table { file, at, fields: (fields, length) })
    }

    /// The position of the field with this number, if present.
    fn field(&self, number: usize) -> Result<Option<usize>> {
        let entry = 4 + 2 * number;
        if entry + 2 > self.fields.1 {
            return Ok(None);
        }
        let at = self.fields.0.checked_add(entry).ok_or_else(broken)?;
        match u16::from_le_bytes(read(self.file, at)?) {
            0 => Ok(None),
            offset => self.at.checked_add(usize::from(offset)).map(Some).ok_or_else(broken),
        }
    }

    fn scalar<const N: usize>(&self, number: usize) -> Result<Option<[u8; N]>> {
        self.field(number)?.map(|at| read(self.file, at)).transpose()
    }

    /// A byte, or its default.
    pub(crate) fn byte(&self, number: usize, default: u8) -> Result<u8> {
        Ok(self.scalar(number)?.map_or(default, |[byte]| byte))
    }

    /// A signed number of 32 bits, or its default.
    pub(crate) fn int(&self, number: usize, default: i32) -> Result<i32> {
        Ok(self.scalar(number)?.map_or(default, i32::from_le_bytes))
    }

    /// An unsigned number of 32 bits, or 0.
    pub(crate) fn index(&self, number: usize) -> Result<usize> {
        Ok(self.scalar(number)?.map_or(0, u32::from_le_bytes) as usize)
    }

    /// The table that a field points at.
    pub(crate) fn table(&self, number: usize) -> Result<Option<Table<'a>>> {
        let Some(at) = self.field(number)? else { return Ok(None) };
        Table::at(self.file, follow(self.file, at)?).map(Some)
    }

    /// The bytes of a vector whose elements have this size; none where it is absent.
    fn vector(&self, number: usize, size: usize) -> Result<(usize, &'a [u8])> {
        let Some(at) = self.field(number)? else { return Ok((0, &[])) };
        let at = follow(self.file, at)?;
        let length = u32::from_le_bytes(read(self.file, at)?) as usize;
        let (from, bytes) = (at + 4, length.checked_mul(size).ok_or_else(broken)?);
        let to = from.checked_add(bytes).ok_or_else(broken)?;
        Ok((from, self.file.get(from..to).ok_or_else(broken)?))
    }

    /// A vector of bytes.
    pub(crate) fn bytes(&self, number: usize) -> Result<&'a [u8]> {
        Ok(self.vector(number, 1)?.1)
    }

    /// A string.
    pub(crate) fn text(&self, number: usize) -> Result<&'a str> {
        std::str::from_utf8(self.bytes(number)?).map_err(|_| broken())
    }

    /// A vector of at most `most` signed numbers of 32 bits.
    pub(crate) fn ints(&self, number: usize, most: usize) -> Result<Vec<i32>> {
        let values = self.vector(number, 4)?.1.as_chunks().0;
        at_most(values.len(), most)?;
        Ok(values.iter().map(|value| i32::from_le_bytes(*value)).collect())
    }

    /// A vector of at most `most` tables.
    pub(crate) fn tables(&self, number: usize, most: usize) -> Result<Vec<Table<'a>>> {
        let (from, bytes) = self.vector(number, 4)?;
        at_most(bytes.len() / 4, most)?;
        let places = (from..from + bytes.len()).step_by(4);
        places.map(|at| Table::at(self.file, follow(self.file, at)?)).collect()
    }
}

/// The position that the offset at `at` points to.
fn follow(file: &[u8], at: usize) -> Result<usize> {
    at.checked_add(u32::from_le_bytes(read(file, at)?) as usize).ok_or_else(broken)
}

fn read<const N: usize>(file: &[u8], at: usize) -> Result<[u8; N]> {
    file.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(broken)
}

fn at_most(count: usize, most: usize) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    Err(invalid(format!("this file has a list of {count} items, and the limit is {most}")))
}

fn broken() -> crate::Error {
    invalid("this file points beyond its own end, or has no text where it should")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with a byte, a list of two numbers and a field that is absent.
    const SMALL: [u8; 36] = [
        16, 0, 0, 0, // the root table is at 16
        10, 0, 12, 0, 4, 0, 0, 0, 8, 0, 0, 0, // positions of the fields, from 4
        12, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0, // the table: byte 7, list 4 bytes on
        2, 0, 0, 0, 1, 0, 0, 0, // two numbers …
    ];

    #[test]
    fn fields_are_found_or_absent_and_lists_end_with_the_file() {
        let mut file = SMALL.to_vec();
        file.extend(9_i32.to_le_bytes());
        let table = Table::root(&file).unwrap();
        assert_eq!(table.byte(0, 3).unwrap(), 7);
        assert_eq!((table.byte(1, 3).unwrap(), table.int(9, -5).unwrap()), (3, -5));
        assert_eq!(table.ints(2, 2).unwrap(), [1, 9]);
        assert!(table.ints(2, 1).is_err(), "more than allowed");
        // Without its last number the list reaches beyond the end.
        assert!(Table::root(&SMALL).unwrap().ints(2, 2).is_err());
        for end in 0..16 {
            assert!(Table::root(&SMALL[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn no_offset_leads_astray() {
        for at in 0..SMALL.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut file = SMALL;
                file[at] = value;
                if let Ok(table) = Table::root(&file) {
                    // Any result comes from within the file.
                    let _ = (table.byte(0, 0), table.ints(2, 4), table.text(2), table.table(2));
                    let _ = table.tables(2, 4).map(|tables| tables.len());
                }
            }
        }
    }
}
