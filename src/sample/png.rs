//! PNG files that lack their end.

use std::borrow::Cow;

const SIGNATURE: usize = 8;
/// The chunk that ends a PNG: no bytes, its name, its checksum.
const END: [u8; 12] = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];

/// The file with its end added where only that is missing: after all chunks of pixels there is only
/// a part of some other chunk. A file cut within its pixels stays as it is and is refused by its
/// decoder; one cut between two chunks of pixels is refused because of the missing pixels.
pub(super) fn ended(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut at = SIGNATURE;
    let mut has_pixels = false;
    loop {
        let Some(head) = bytes.get(at..at + 8) else {
            // Not even the name of the next chunk is complete.
            let rest = bytes.get(at..).unwrap_or_default();
            let can_be_end = rest.len() < 8 && (rest.len() <= 4 || b"IEND".starts_with(&rest[4..]));
            return finish(bytes, at, has_pixels && can_be_end);
        };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let name = &head[4..8];
        let whole = length.checked_add(at + 12).is_some_and(|end| end <= bytes.len());
        match name {
            b"IEND" if whole => return Cow::Borrowed(bytes),
            b"IEND" => return finish(bytes, at, has_pixels),
            b"IDAT" if !whole => return Cow::Borrowed(bytes),
            b"IDAT" => has_pixels = true,
            // A truncated text or date does not affect the image.
            _ if !whole => return finish(bytes, at, has_pixels),
            _ => {}
        }
        at += length + 12;
    }
}

fn finish(bytes: &[u8], at: usize, is_all: bool) -> Cow<'_, [u8]> {
    match is_all {
        true => Cow::Owned([&bytes[..at.min(bytes.len())], &END].concat()),
        false => Cow::Borrowed(bytes),
    }
}
