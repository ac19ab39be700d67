//! Files that are not records: what they are, by their first bytes, and what to do with them.

/// What a file is, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// With its article: `a zip archive`.
    pub(super) what: &'static str,
    /// The next step.
    pub(super) next: &'static str,
}

/// Bytes of a file that are examined.
pub(super) const HEAD: usize = 4096;

const WORKBOOK: &str = "save the sheet as CSV UTF-8 and name that file";
const FRAME: &str = "convert it: pandas.read_feather(FILE).to_parquet(\"records.parquet\")";
const PACKED: &str = "unpack it and name the file inside; gzip and zstd files are read directly";
const ARCHIVE: &str =
    "take the file out of the archive and name it; gzip and zstd files are read directly";
const TABLE: &str = "export the table as CSV or Parquet and name that file";
const IMAGE: &str = "name the table of records, not a photo";

/// Magic bytes at the start, the longest and most certain first.
const MAGIC: [(&[u8], Kind); 33] = [
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Kind { what: "an old Excel workbook (.xls)", next: WORKBOOK },
    ),
    (b"\xfd7zXZ\0", Kind { what: "an xz file", next: PACKED }),
    (b"\x37\x7a\xbc\xaf\x27\x1c", Kind { what: "a 7z archive", next: ARCHIVE }),
    (b"Rar!\x1a\x07", Kind { what: "a RAR archive", next: ARCHIVE }),
    (b"\x04\x22\x4d\x18", Kind { what: "an LZ4 file", next: PACKED }),
    (b"\xff\x06\0\0sNaPpY", Kind { what: "a Snappy file", next: PACKED }),
    (b"LZIP\x01", Kind { what: "an lzip file", next: PACKED }),
    (b"\x5d\0\0", Kind { what: "an LZMA file", next: PACKED }),
    (b"\x1f\x9d", Kind { what: "a file compressed with compress (.Z)", next: PACKED }),
    (b"ARROW1", Kind { what: "an Arrow (Feather) file", next: FRAME }),
    (b"FEA1", Kind { what: "a Feather file", next: FRAME }),
    (b"\xff\xff\xff\xff", Kind { what: "an Arrow stream", next: FRAME }),
    (b"PARE", Kind { what: "an encrypted Parquet file", next: "write it without encryption" }),
    (b"Obj\x01", Kind { what: "an Avro file", next: TABLE }),
    (b"\x89HDF\r\n\x1a\n", Kind { what: "an HDF5 file", next: TABLE }),
    (b"\x93NUMPY", Kind { what: "a NumPy array", next: TABLE }),
    (b"MATLAB 5.0", Kind { what: "a MATLAB file", next: TABLE }),
    (b"SQLite format 3\0", Kind { what: "an SQLite database", next: TABLE }),
    (b"RDX", Kind { what: "an R workspace", next: TABLE }),
    (b"X\n\0\0\0", Kind { what: "an R object (.rds)", next: TABLE }),
    (b"$FL2", Kind { what: "an SPSS file", next: TABLE }),
    (b"$FL3", Kind { what: "an SPSS file", next: TABLE }),
    (b"<stata_dta>", Kind { what: "a Stata file", next: TABLE }),
    (b"%PDF-", Kind { what: "a PDF", next: TABLE }),
    (b"{\\rtf", Kind { what: "a text document (RTF)", next: "save it as plain text" }),
    (
        b"version https://git-lfs",
        Kind {
            what: "a pointer to a file in Git LFS",
            next: "fetch the file itself: git lfs pull",
        },
    ),
    (b"\xff\xd8\xff", Kind { what: "a JPEG image", next: IMAGE }),
    (b"\x89PNG\r\n", Kind { what: "a PNG image", next: IMAGE }),
    (b"GIF8", Kind { what: "a GIF image", next: IMAGE }),
    (b"PK\x03\x04", Kind { what: "a zip archive", next: ARCHIVE }),
    (b"PK\x05\x06", Kind { what: "an empty zip archive", next: ARCHIVE }),
    (b"PK\x07\x08", Kind { what: "a zip archive in parts", next: ARCHIVE }),
    (b"\x7fELF", Kind { what: "a program", next: "name the table of records" }),
];

/// What a file is, if it is not one that contains records; `None` for what may be text.
pub(super) fn kind(head: &[u8]) -> Option<Kind> {
    let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    if head.starts_with(b"PK\x03\x04") {
        let workbook = |what| Some(Kind { what, next: WORKBOOK });
        if has(b"mimetypeapplication/vnd.oasis.opendocument") {
            return workbook("an OpenDocument spreadsheet");
        }
        if has(b"word/") {
            return workbook("a Word document");
        }
        if has(b"[Content_Types].xml") || has(b"xl/") || has(b"_rels/.rels") {
            return workbook("an Excel workbook");
        }
        if has(b".npy") {
            return Some(Kind { what: "a NumPy archive (.npz)", next: TABLE });
        }
    }
    // The magic bytes of `bzip2` are printable, so those of its first block are checked too.
    if let Some(rest) = head.strip_prefix(b"BZh")
        && (rest.get(1..7) == Some(b"\x31\x41\x59\x26\x53\x59")
            || rest.get(1..7) == Some(b"\x17\x72\x45\x38\x50\x90"))
    {
        return Some(Kind { what: "a bzip2 file", next: PACKED });
    }
    if head.starts_with(b"ORC") && head.iter().take(16).any(|&byte| byte == 0) {
        return Some(Kind { what: "an ORC file", next: TABLE });
    }
    if head.first() == Some(&0x80) && head.get(1).is_some_and(|protocol| (2..=5).contains(protocol))
    {
        let next = "write it with to_csv or to_parquet; a pickle can run programs when it is read";
        return Some(Kind { what: "a Python pickle", next });
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(Kind { what: "a tar archive", next: ARCHIVE });
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*kind);
    }
    let text = head.trim_ascii_start();
    let begins =
        |with: &[u8]| text.get(..with.len()).is_some_and(|own| own.eq_ignore_ascii_case(with));
    if begins(b"<!doctype html") || begins(b"<html") {
        let next = "open the address in a browser: the download may have returned a login page";
        return Some(Kind { what: "a web page", next });
    }
    begins(b"<?xml").then_some(Kind { what: "an XML file", next: TABLE })
}

/// Files without magic bytes, by the end of their name, if they are not text.
pub(super) fn by_name(name: &str, head: &[u8]) -> Option<Kind> {
    let text = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end in the middle of a character.
        Err(cause) => cause.error_len().is_none(),
    };
    let what = match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "br" => "a Brotli file",
        "lzma" => "an LZMA file",
        "sz" | "snappy" => "a Snappy file",
        _ => return None,
    };
    (!text).then_some(Kind { what, next: PACKED })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_nothing_special() {
        for text in
            ["", "PKW,score\n", "BZh,score\n", "ORCID,score\n", "GIF,score", "<x>,score", "{}"]
        {
            assert_eq!(kind(text.as_bytes()), None, "{text}");
        }
        assert_eq!(by_name("a.br", "écru".as_bytes()), None);
        assert_eq!(by_name("a.br", &"écru".as_bytes()[..1]), None);
        assert_eq!(by_name("a.br", b"\x8b\x02\x80").unwrap().what, "a Brotli file");
    }

    #[test]
    fn archives_and_workbooks_are_told_apart() {
        let what = |head: &[u8]| kind(head).unwrap().what;
        assert_eq!(what(b"PK\x03\x04......ok.csv"), "a zip archive");
        assert_eq!(what(b"PK\x03\x04......[Content_Types].xml"), "an Excel workbook");
        assert_eq!(what(b"BZh91AY&SY"), "a bzip2 file");
        assert_eq!(what(b"\x80\x04\x95"), "a Python pickle");
        assert_eq!(what(b"\n<!DOCTYPE HTML>"), "a web page");
    }
}
