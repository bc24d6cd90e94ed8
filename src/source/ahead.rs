//! Reading ahead on a thread: one core decompresses while the other parses.

use std::io;
use std::io::Read;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::channel;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Bytes of a block, and how many of them may wait: together they fit into the second-level cache.
const BLOCK: usize = 64 << 10;
const WAITING: usize = 3;

/// Whether there is a core for it.
pub(super) fn pays() -> bool {
    thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

/// Does `work` with what the reader that `open` makes yields on a thread of its own.
pub(super) fn read<R: Read, T>(
    open: impl FnOnce() -> io::Result<R> + Send,
    work: impl FnOnce(Ahead) -> T,
) -> T {
    thread::scope(|scope| {
        let (filled, blocks) = sync_channel(WAITING);
        let (used, empty) = channel();
        scope.spawn(move || match open() {
            Ok(reader) => produce(reader, &filled, &empty),
            // If nobody listens, nobody needs to know.
            Err(error) => drop(filled.send(Err(error))),
        });
        // When the work ends early the channel closes, and with it the thread ends.
        work(Ahead { blocks, used, block: Vec::new(), at: 0 })
    })
}

/// Sends what `reader` yields, block by block, and then its error if there is one.
fn produce(
    mut reader: impl Read,
    filled: &SyncSender<io::Result<Vec<u8>>>,
    empty: &Receiver<Vec<u8>>,
) {
    loop {
        let mut block = empty.try_recv().unwrap_or_default();
        block.resize(BLOCK, 0);
        let mut len = 0;
        let mut end = Ok(());
        while let Some(room) = block.get_mut(len..).filter(|room| !room.is_empty()) {
            match reader.read(room) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    end = Err(error);
                    break;
                }
            }
        }
        block.truncate(len);
        if (len > 0 && filled.send(Ok(block)).is_err()) || (len < BLOCK && end.is_ok()) {
            return;
        }
        if let Err(error) = end {
            drop(filled.send(Err(error)));
            return;
        }
    }
}

/// The reader of what the thread reads.
pub(super) struct Ahead {
    blocks: Receiver<io::Result<Vec<u8>>>,
    /// Blocks that may be filled again.
    used: Sender<Vec<u8>>,
    block: Vec<u8>,
    at: usize,
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            let Ok(block) = self.blocks.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.block, block?);
            self.at = 0;
            // The thread may have ended already.
            drop(self.used.send(used));
        }
        let count = self.block.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Yields some bytes, then an error.
    struct Damaged(usize);

    impl Read for Damaged {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("damaged"));
            }
            let len = buffer.len().min(self.0).min(1000);
            buffer[..len].fill(7);
            self.0 -= len;
            Ok(len)
        }
    }

    #[test]
    fn everything_comes_in_order() {
        let all: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
        let mut out = Vec::new();
        read(|| Ok(all.as_slice()), |mut ahead| ahead.read_to_end(&mut out)).unwrap();
        assert_eq!(out, all);
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        let mut out = Vec::new();
        let end = read(|| Ok(Damaged(100_000)), |mut ahead| ahead.read_to_end(&mut out));
        assert_eq!((out.len(), end.unwrap_err().to_string()), (100_000, "damaged".to_owned()));
        let open = || Err::<&[u8], _>(io::Error::other("not there"));
        assert!(read(open, |mut ahead| ahead.read(&mut [0])).is_err());
    }

    #[test]
    fn work_that_ends_early_ends_the_thread() {
        read(|| Ok(io::repeat(1)), |mut ahead| ahead.read_exact(&mut [0; 10])).unwrap();
    }
}
