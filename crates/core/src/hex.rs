//! Lower-case hexadecimal only, so that each value has one spelling.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The bytes as lower-case digits.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// `N` bytes from exactly `2 N` lower-case digits.
pub fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// The bytes of any number of pairs of lower-case digits.
pub fn decode_all(text: &[u8]) -> Option<Vec<u8>> {
    let pairs = text.chunks_exact(2);
    let whole = pairs.remainder().is_empty();
    let bytes = pairs.map(|pair| decode::<1>(pair).map(|[byte]| byte)).collect::<Option<_>>();
    bytes.filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert_eq!(encode(&[0, 0xaf, 0x19]), "00af19");
        assert_eq!(decode(b"00af19"), Some([0, 0xaf, 0x19]));
        for wrong in [&b"00AF19"[..], b"00af1", b"00af1g", b"00af1900", b""] {
            assert_eq!(decode::<3>(wrong), None, "{wrong:?}");
        }
        assert_eq!(decode_all(b"00af19"), Some(vec![0, 0xaf, 0x19]));
        assert_eq!(decode_all(b""), Some(vec![]));
        assert_eq!(decode_all(b"00a"), None);
        assert_eq!(decode_all(b"0A"), None);
    }
}
