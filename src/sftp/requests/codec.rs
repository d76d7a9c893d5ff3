//! Cuts a channel's bytes into requests. READ and WRITE are decoded here, a WRITE's data without ever being assembled;
//! every other request is handed on as one whole packet.

/// Longest packet, length field excluded: what OpenSSH takes and what `limits@openssh.com` announces.
pub(crate) const MAX_PACKET: usize = 256 * 1024;
/// Most data of one READ or WRITE: a packet, less room for its head.
pub(crate) const MAX_DATA: u32 = 255 * 1024;
/// Longest handle a client may send back; ours are shorter (draft-ietf-secsh-filexfer-02 §3 allows 256).
const MAX_HANDLE: usize = 256;

const TYPE_READ: u8 = 5;
const TYPE_WRITE: u8 = 6;

/// The client does not speak the protocol; the channel is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Violation(pub(crate) &'static str);

/// The next piece of a client's stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// READ.
    Read {
        /// The request's number.
        id: u32,
        /// As the client sent it.
        handle: &'a [u8],
        /// From where.
        offset: u64,
        /// How much, not yet capped.
        len: u32,
    },
    /// A WRITE begins; its data and its end follow.
    WriteBegin {
        /// The request's number.
        id: u32,
        /// As the client sent it.
        handle: &'a [u8],
        /// Where to.
        offset: u64,
    },
    /// Data of the WRITE that has begun.
    WriteData(&'a [u8]),
    /// The WRITE is complete.
    WriteEnd,
    /// Any other request: type, then payload, without the length.
    Packet(&'a [u8]),
}

/// The state between two pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The beginning of a packet whose rest has not come.
    partial: Vec<u8>,
    /// `partial` was handed out whole and is done with.
    handed_out: bool,
    /// The WRITE being streamed.
    write: Option<WriteBody>,
}

#[derive(Debug)]
struct WriteBody {
    data: usize,
    /// Bytes in the packet after the data; some clients (rclone) leave such.
    trailing: usize,
}

impl Decoder {
    /// Takes the next item from the front of `input`; `None` when more input is needed.
    ///
    /// # Errors
    /// A length of zero or over the limit, or a head that contradicts its length. The stream cannot be followed further.
    pub(crate) fn next<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Item<'d>>, Violation> {
        if std::mem::take(&mut self.handed_out) {
            self.partial.clear();
        }
        if self.write.is_some() {
            return Ok(self.stream(input));
        }
        let head = if self.partial.is_empty() {
            match input.split_at_checked(head_len(input)?) {
                Some((head, rest)) => {
                    *input = rest;
                    head
                }
                None => {
                    self.partial.extend_from_slice(input);
                    *input = &[];
                    return Ok(None);
                }
            }
        } else {
            if !self.top_up(input)? {
                return Ok(None);
            }
            self.handed_out = true;
            &self.partial
        };
        interpret(head, &mut self.write).map(Some)
    }

    /// Continues a WRITE.
    fn stream<'a>(&mut self, input: &mut &'a [u8]) -> Option<Item<'a>> {
        let body = self.write.as_mut()?;
        if body.data > 0 {
            let chunk = take(input, body.data);
            body.data -= chunk.len();
            return (!chunk.is_empty()).then_some(Item::WriteData(chunk));
        }
        body.trailing -= take(input, body.trailing).len();
        if body.trailing > 0 {
            return None;
        }
        self.write = None;
        Some(Item::WriteEnd)
    }

    /// Completes the partial head from the input; false when the input was not enough.
    fn top_up(&mut self, input: &mut &[u8]) -> Result<bool, Violation> {
        loop {
            let missing = head_len(&self.partial)?.saturating_sub(self.partial.len());
            if missing == 0 {
                return Ok(true);
            }
            let more = take(input, missing);
            if more.is_empty() {
                return Ok(false);
            }
            self.partial.extend_from_slice(more);
        }
    }
}

/// Splits off up to `most` bytes.
fn take<'a>(input: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (front, rest) = input.split_at(most.min(input.len()));
    *input = rest;
    front
}

/// Bytes from the length field on that are needed before the packet (for a WRITE: its head) can be interpreted, as far
/// as `seen` tells.
fn head_len(seen: &[u8]) -> Result<usize, Violation> {
    let Some((length, rest)) = seen.split_first_chunk::<4>() else {
        return Ok(5);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if length == 0 || length > MAX_PACKET {
        return Err(Violation("a packet's length is zero or over the limit"));
    }
    let Some((kind, rest)) = rest.split_first() else {
        return Ok(5);
    };
    if *kind != TYPE_WRITE {
        return Ok(4 + length);
    }
    // id, then the handle with its length, then offset and data length.
    let Some(handle) = rest.get(4..8).and_then(<[u8]>::first_chunk::<4>) else {
        return Ok(13);
    };
    let handle = u32::from_be_bytes(*handle) as usize;
    if handle > MAX_HANDLE || 21 + handle > length {
        return Err(Violation("a WRITE's head does not fit its length"));
    }
    Ok(25 + handle)
}

/// Reads a complete head.
fn interpret<'a>(head: &'a [u8], write: &mut Option<WriteBody>) -> Result<Item<'a>, Violation> {
    const TORN: Violation = Violation("a READ or WRITE is shorter than its fields");
    let mut fields = Fields(head);
    let length = fields.u32().ok_or(TORN)? as usize;
    let packet = fields.0;
    match fields.u8().ok_or(TORN)? {
        TYPE_READ => Ok(Item::Read {
            id: fields.u32().ok_or(TORN)?,
            handle: fields.string().ok_or(TORN)?,
            offset: fields.u64().ok_or(TORN)?,
            len: fields.u32().ok_or(TORN)?,
        }),
        TYPE_WRITE => {
            let id = fields.u32().ok_or(TORN)?;
            let handle = fields.string().ok_or(TORN)?;
            let offset = fields.u64().ok_or(TORN)?;
            let data = fields.u32().ok_or(TORN)? as usize;
            let trailing = (4 + length)
                .checked_sub(head.len())
                .and_then(|body| body.checked_sub(data))
                .ok_or(Violation("a WRITE's data is longer than its packet"))?;
            *write = Some(WriteBody { data, trailing });
            Ok(Item::WriteBegin { id, handle, offset })
        }
        _ => Ok(Item::Packet(packet)),
    }
}

/// A reader of the protocol's fields; `None` when there is not enough left for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    fn u8(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    /// Four bytes, the highest first.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.chunk().map(u32::from_be_bytes)
    }

    /// Eight bytes, the highest first.
    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_be_bytes)
    }

    /// Bytes that follow their length.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()? as usize;
        let (string, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(string)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::{Decoder, Item, MAX_PACKET};

    /// What came out, in a form that does not depend on how the input was cut.
    #[derive(Debug, PartialEq, Eq, Clone)]
    enum Seen {
        Read(u32, Vec<u8>, u64, u32),
        Write(u32, Vec<u8>, u64, Vec<u8>),
        Packet(Vec<u8>),
    }

    fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = (payload.len() as u32 + 1).to_be_bytes().to_vec();
        bytes.push(kind);
        bytes.extend_from_slice(payload);
        bytes
    }

    fn read(id: u32, handle: &[u8], offset: u64, len: u32) -> Vec<u8> {
        let mut payload = id.to_be_bytes().to_vec();
        payload.extend((handle.len() as u32).to_be_bytes());
        payload.extend(handle);
        payload.extend(offset.to_be_bytes());
        payload.extend(len.to_be_bytes());
        packet(5, &payload)
    }

    fn write(id: u32, handle: &[u8], offset: u64, data: &[u8], trailing: usize) -> Vec<u8> {
        let mut payload = id.to_be_bytes().to_vec();
        payload.extend((handle.len() as u32).to_be_bytes());
        payload.extend(handle);
        payload.extend(offset.to_be_bytes());
        payload.extend((data.len() as u32).to_be_bytes());
        payload.extend(data);
        payload.extend(vec![0xee; trailing]);
        packet(6, &payload)
    }

    fn decode(stream: &[u8], cut: usize) -> Result<Vec<Seen>, super::Violation> {
        let mut decoder = Decoder::default();
        let mut seen = Vec::new();
        let mut open: Option<(u32, Vec<u8>, u64, Vec<u8>)> = None;
        for mut piece in stream.chunks(cut) {
            while let Some(item) = decoder.next(&mut piece)? {
                match item {
                    Item::Read {
                        id,
                        handle,
                        offset,
                        len,
                    } => {
                        seen.push(Seen::Read(id, handle.to_vec(), offset, len));
                    }
                    Item::WriteBegin { id, handle, offset } => {
                        open = Some((id, handle.to_vec(), offset, Vec::new()));
                    }
                    Item::WriteData(data) => open.as_mut().unwrap().3.extend(data),
                    Item::WriteEnd => {
                        let (id, handle, offset, data) = open.take().unwrap();
                        seen.push(Seen::Write(id, handle, offset, data));
                    }
                    Item::Packet(packet) => seen.push(Seen::Packet(packet.to_vec())),
                }
            }
        }
        Ok(seen)
    }

    proptest! {
        #[test]
        fn the_cut_of_the_stream_does_not_matter(
            data in prop::collection::vec(any::<u8>(), 0..300),
            trailing in 0usize..5,
            cut in 1usize..400,
        ) {
            let mut stream = packet(1, &[0, 0, 0, 3]);
            stream.extend(write(7, b"12", 99, &data, trailing));
            stream.extend(read(8, b"", 1, 2));
            stream.extend(packet(16, &data));
            stream.extend(write(9, b"1", 0, &[], 0));
            let expected = vec![
                Seen::Packet(vec![1, 0, 0, 0, 3]),
                Seen::Write(7, b"12".to_vec(), 99, data.clone()),
                Seen::Read(8, Vec::new(), 1, 2),
                Seen::Packet([&[16], data.as_slice()].concat()),
                Seen::Write(9, b"1".to_vec(), 0, Vec::new()),
            ];
            prop_assert_eq!(decode(&stream, cut).unwrap(), expected);
        }

        #[test]
        fn no_stream_makes_it_panic(stream in prop::collection::vec(any::<u8>(), 0..200), cut in 1usize..50) {
            let _ = decode(&stream, cut);
        }
    }

    #[test]
    fn lengths_that_lie_are_violations() {
        let mut long_handle = write(1, &[b'h'; 300], 0, b"", 0);
        long_handle.truncate(40);
        let mut long_data = write(1, b"1", 0, b"abc", 0);
        long_data[25] = 9;
        let mut short_read = read(1, b"1", 0, 1);
        short_read.truncate(4 + 10);
        short_read[3] = 10;
        for stream in [
            vec![0, 0, 0, 0],
            (MAX_PACKET as u32 + 1).to_be_bytes().to_vec(),
            vec![0xff; 4],
            long_handle,
            long_data,
            short_read,
            packet(6, &[0; 8]),
        ] {
            for cut in [1, 3, 1000] {
                assert!(decode(&stream, cut).is_err(), "{stream:?}");
            }
        }
    }
}
