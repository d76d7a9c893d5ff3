//! One request as a value, read from its packet without a copy. READ and WRITE are the codec's own.

use crate::sftp::requests::codec::Fields;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::jail::{Times, WriteMode};

/// A request that came as a whole packet (draft-ietf-secsh-filexfer-02 §4 and §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    /// OPEN of a file for reading.
    OpenToRead(&'a str),
    /// OPEN of a file for writing.
    OpenToWrite(&'a str, WriteMode),
    /// CLOSE of a handle.
    Close(&'a [u8]),
    /// STAT and LSTAT: nothing here is a link, so both look at the same thing.
    Look(&'a str),
    /// FSTAT.
    LookAtOpen(&'a [u8]),
    /// SETSTAT.
    SetAttributes(&'a str, Attributes),
    /// FSETSTAT.
    SetAttributesOfOpen(&'a [u8], Attributes),
    /// OPENDIR.
    OpenFolder(&'a str),
    /// READDIR.
    List(&'a [u8]),
    /// REMOVE of a file.
    Remove(&'a str),
    /// MKDIR.
    MakeFolder(&'a str),
    /// RMDIR.
    RemoveFolder(&'a str),
    /// REALPATH.
    Canonical(&'a str),
    /// RENAME, which never replaces.
    Rename {
        /// The name that goes.
        from: &'a str,
        /// The name that comes.
        to: &'a str,
    },
    /// READLINK.
    ReadLink(&'a str),
    /// SYMLINK; what it says does not matter.
    MakeLink,
    /// An extension, by its name; the fields are its own.
    Extended(&'a [u8], Reader<'a>),
}

/// Of a request's attributes, what can be set. Modes and owners are read over: they are not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// The size in bytes.
    pub(crate) size: Option<u64>,
    /// The times.
    pub(crate) times: Option<Times>,
}

impl<'a> Request<'a> {
    /// Reads a packet, from its type on, whose type and number were read before.
    ///
    /// # Errors
    /// An unknown type, a packet shorter than its fields, or a name that is not UTF-8. Bytes after the last field are
    /// tolerated, as OpenSSH does.
    pub(crate) fn read(kind: u8, payload: &'a [u8]) -> Result<Self, Refusal> {
        let mut fields = Reader(Fields(payload));
        Ok(match kind {
            3 => {
                let path = fields.text()?;
                let flags = fields.u32()?;
                fields.attributes()?;
                match write_mode(flags) {
                    Some(mode) => Self::OpenToWrite(path, mode),
                    None => Self::OpenToRead(path),
                }
            }
            4 => Self::Close(fields.bytes()?),
            7 | 17 => Self::Look(fields.text()?),
            8 => Self::LookAtOpen(fields.bytes()?),
            9 => Self::SetAttributes(fields.text()?, fields.attributes()?),
            10 => Self::SetAttributesOfOpen(fields.bytes()?, fields.attributes()?),
            11 => Self::OpenFolder(fields.text()?),
            12 => Self::List(fields.bytes()?),
            13 => Self::Remove(fields.text()?),
            14 => {
                let path = fields.text()?;
                fields.attributes()?;
                Self::MakeFolder(path)
            }
            15 => Self::RemoveFolder(fields.text()?),
            16 => Self::Canonical(fields.text()?),
            18 => Self::Rename {
                from: fields.text()?,
                to: fields.text()?,
            },
            19 => Self::ReadLink(fields.text()?),
            20 => Self::MakeLink,
            200 => Self::Extended(fields.bytes()?, fields),
            _ => {
                return Err(Refusal::unsupported(
                    "this operation is not part of SFTP version 3",
                ));
            }
        })
    }
}

/// The fields of a request, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reader<'a>(Fields<'a>);

impl<'a> Reader<'a> {
    /// Four bytes.
    pub(crate) fn u32(&mut self) -> Result<u32, Refusal> {
        self.0.u32().ok_or_else(unreadable)
    }

    /// Eight bytes.
    pub(crate) fn u64(&mut self) -> Result<u64, Refusal> {
        self.0.u64().ok_or_else(unreadable)
    }

    /// A string of any bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Refusal> {
        self.0.string().ok_or_else(unreadable)
    }

    /// A string of characters: a path or a name. None that is UTF-8 is refused here.
    pub(crate) fn text(&mut self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.bytes()?).map_err(|_| {
            Refusal::failure(
                "the name is not in UTF-8: set your program to UTF-8 file names and try again",
            )
        })
    }

    /// Attributes (draft §5).
    pub(crate) fn attributes(&mut self) -> Result<Attributes, Refusal> {
        const SIZE: u32 = 1;
        const OWNERS: u32 = 2;
        const MODE: u32 = 4;
        const TIMES: u32 = 8;
        const EXTENDED: u32 = 1 << 31;
        let flags = self.u32()?;
        let mut attributes = Attributes::default();
        if flags & SIZE != 0 {
            attributes.size = Some(self.u64()?);
        }
        if flags & OWNERS != 0 {
            self.u64()?;
        }
        if flags & MODE != 0 {
            self.u32()?;
        }
        if flags & TIMES != 0 {
            attributes.times = Some(Times {
                accessed: self.u32()?,
                modified: self.u32()?,
            });
        }
        if flags & EXTENDED != 0 {
            // A count that lies ends with the packet: each pair has at least its two lengths.
            for _ in 0..self.u32()? {
                self.bytes()?;
                self.bytes()?;
            }
        }
        Ok(attributes)
    }
}

/// What the flags of an OPEN want (draft §6.3); `None` for reading only.
fn write_mode(flags: u32) -> Option<WriteMode> {
    const READ: u32 = 1;
    const WRITE: u32 = 2;
    const APPEND: u32 = 4;
    const CREATE: u32 = 8;
    const TRUNCATE: u32 = 16;
    const EXCLUSIVE: u32 = 32;
    let has = |flag| flags & flag != 0;
    has(WRITE | APPEND | CREATE | TRUNCATE).then(|| WriteMode {
        read: has(READ),
        create: has(CREATE),
        exclusive: has(EXCLUSIVE),
        truncate: has(TRUNCATE),
        append: has(APPEND),
    })
}

fn unreadable() -> Refusal {
    Refusal::malformed("the request cannot be read: your program sent less than it announced")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::{Attributes, Request};
    use crate::sftp::requests::refusal::StatusCode;
    use crate::sftp::root::jail::Times;

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
    }

    fn number(n: u32) -> Vec<u8> {
        n.to_be_bytes().to_vec()
    }

    /// Every kind with all of its fields.
    fn whole(kind: u8) -> Vec<u8> {
        let path = string("inbox/a".as_bytes());
        let attributes = [
            number(1 | 2 | 4 | 8 | 1 << 31),
            7u64.to_be_bytes().to_vec(),
            number(1),
            number(2),
            number(0o644),
            number(10),
            number(3_000_000_000),
            number(1),
            string(b"a@b"),
            string(b"value"),
        ]
        .concat();
        match kind {
            3 => [path, number(2), attributes].concat(),
            9 | 10 | 14 => [path, attributes].concat(),
            18 => [path.clone(), path].concat(),
            _ => path,
        }
    }

    const KINDS: [u8; 16] = [3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 200];

    #[test]
    fn a_request_that_ends_too_early_is_malformed_wherever_it_ends() {
        for kind in KINDS {
            let whole = whole(kind);
            assert!(Request::read(kind, &whole).is_ok(), "{kind}");
            let more = [whole.as_slice(), b"more"].concat();
            assert!(Request::read(kind, &more).is_ok(), "{kind}");
            for end in 0..whole.len() {
                let refusal = Request::read(kind, &whole[..end]).unwrap_err();
                assert_eq!(refusal.code, StatusCode::BadMessage, "{kind} {end}");
            }
        }
    }

    #[test]
    fn attributes_that_can_be_set_are_kept() {
        let whole = whole(9);
        let Request::SetAttributes("inbox/a", attributes) = Request::read(9, &whole).unwrap()
        else {
            panic!("attributes");
        };
        let times = Some(Times {
            accessed: 10,
            modified: 3_000_000_000,
        });
        let size = Some(7);
        assert_eq!(attributes, Attributes { size, times });
    }

    #[test]
    fn hostile_counts_end_with_the_packet() {
        for count in [1, u32::MAX] {
            let payload = [string(b"a"), number(1 << 31), number(count)].concat();
            assert!(Request::read(14, &payload).is_err());
        }
        let long = [number(u32::MAX), b"abc".to_vec()].concat();
        assert!(Request::read(17, &long).is_err());
    }

    #[test]
    fn names_are_utf_8_or_refused() {
        for name in ["\u{fffd}", "a\u{fffd}b", "日本", "e\u{301}", "\u{1f4c1}"] {
            let payload = string(name.as_bytes());
            assert_eq!(Request::read(17, &payload).unwrap(), Request::Look(name));
        }
        for name in [&b"\xff\xfe"[..], b"\xc3", b"\xed\xa0\x80"] {
            let payload = string(name);
            let refusal = Request::read(17, &payload).unwrap_err();
            assert!(refusal.message.contains("UTF-8"), "{}", refusal.message);
        }
    }

    #[test]
    fn unknown_types_are_unsupported() {
        for kind in [0, 2, 21, 99, 101, 105, 201, 255] {
            let refusal = Request::read(kind, b"").unwrap_err();
            assert_eq!(refusal.code, StatusCode::OpUnsupported, "{kind}");
        }
    }

    proptest! {
        #[test]
        fn no_payload_makes_it_panic(kind in any::<u8>(), payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Request::read(kind, &payload);
        }

        #[test]
        fn only_flags_that_change_open_for_writing(flags in 0u32..64) {
            let payload = [string(b"f"), number(flags), number(0)].concat();
            match Request::read(3, &payload).unwrap() {
                Request::OpenToRead(path) => {
                    prop_assert_eq!(path, "f");
                    prop_assert_eq!(flags & !33, 0);
                }
                request => prop_assert!(flags & !33 != 0, "{:?}", request),
            }
        }
    }
}
