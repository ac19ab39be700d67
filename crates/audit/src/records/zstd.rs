//! Unpacking zstd: frame after frame, each held to the checksum that it carries.

use std::io::{BufRead, Error, ErrorKind, Read, Result, copy, sink};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::fault::Fault;

/// Bytes that are unpacked at a time.
const STEP: usize = 256 * 1024;
/// A frame of nothing: magic number, header for no content, one last empty block.
const EMPTY_FRAME: [u8; 9] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00];

/// What the frames of `source` hold. There are several where files were put together, and some
/// that a decoder is to skip where `pzstd` wrote them.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(source: R) -> Result<Self> {
        let mut decoder = FrameDecoder::new();
        // The decoder refuses large windows in every frame but its first, so that it gets one
        // that is ours.
        decoder.init(&EMPTY_FRAME[..]).map_err(broken)?;
        Ok(Frames { source, decoder, within: false })
    }

    /// Begins the next frame; false at the end of the source.
    fn begin(&mut self) -> Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if copy(&mut self.source.by_ref().take(length), &mut sink())? < length {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { .. }) => {
                    return Err(Fault::error(
                        "the zstd file needs more than 100 MiB of memory to unpack",
                        "unpack it first, or compress it without --long",
                    ));
                }
                Err(cause) => return Err(broken(cause)),
            }
        }
        Ok(false)
    }
}

fn broken(cause: FrameDecoderError) -> Error {
    Error::new(ErrorKind::InvalidData, cause)
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.decoder.is_finished() {
                self.within = false;
                let (stated, found) =
                    (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
                if stated.is_some() && stated != found {
                    let what = "the checksum of the zstd file does not fit its content";
                    return Err(Error::new(ErrorKind::InvalidData, what));
                }
                continue;
            }
            self.decoder
                .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBytes(STEP))
                .map_err(broken)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program `zstd` 1.5.5 made of "a,b\n1,2\n", with its checksum.
    const PACKED: [u8; 21] = [
        0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x41, 0x00, 0x00, b'a', b',', b'b', b'\n', b'1', b',',
        b'2', b'\n', 0x35, 0xe7, 0xca, 0xce,
    ];

    fn read(bytes: &[u8]) -> Result<String> {
        let mut text = String::new();
        Frames::new(bytes)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn frames_follow_each_other_and_some_are_skipped() {
        let skipped = [&[0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
        let all = [&skipped[..], &PACKED, &skipped, &PACKED, &EMPTY_FRAME].concat();
        assert_eq!(read(&all).unwrap(), "a,b\n1,2\na,b\n1,2\n");
        assert_eq!(read(&[]).unwrap(), "");
        assert!(read(&skipped[..9]).is_err());
    }

    #[test]
    fn what_is_damaged_or_cut_short_is_an_error() {
        for cut in 1..PACKED.len() {
            assert!(read(&PACKED[..cut]).is_err(), "{cut}");
        }
        let mut changed = PACKED;
        changed[9] = b'b';
        assert_eq!(read(&changed).unwrap_err().kind(), ErrorKind::InvalidData);
        let trailing = [&PACKED[..], b"more"].concat();
        assert!(read(&trailing).is_err());
    }

    #[test]
    fn a_frame_that_asks_for_much_memory_is_refused() {
        // A window of 2^37 bytes: exponent 27 above 10, in a frame without a content size.
        let wide = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 27 << 3, 0x01, 0x00, 0x00];
        let error = read(&wide).unwrap_err();
        assert!(error.to_string().contains("100 MiB"), "{error}");
    }
}
