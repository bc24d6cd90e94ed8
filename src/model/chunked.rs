//! A growing array in pieces of one size: it never copies what it holds, so its peak memory is its size.

/// Elements of a piece: small enough for the heap, where a piece takes no page more than it fills.
const PIECE: usize = 2048;

/// A growing array in pieces of [`PIECE`] elements.
#[derive(Clone, Debug)]
pub(crate) struct Chunked<T> {
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }
}

impl<T> Chunked<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        match self.pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(value),
            _ => self.push_piece(value),
        }
        self.len += 1;
    }

    #[cold]
    fn push_piece(&mut self, value: T) {
        // The first piece grows as a vector does: most dumps are small.
        let room = if self.pieces.is_empty() { 16 } else { PIECE };
        let mut piece = Vec::with_capacity(room);
        piece.push(value);
        self.pieces.push(piece);
    }

    /// Gives back room that is not used.
    pub(crate) fn shrink(&mut self) {
        self.pieces.shrink_to_fit();
        if let Some(last) = self.pieces.last_mut() {
            last.shrink_to_fit();
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.pieces.get(index / PIECE)?.get(index % PIECE)
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.pieces.get_mut(index / PIECE)?.get_mut(index % PIECE)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }

    /// Keeps the elements for which `keep(index, element)` is true, in order.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize, &T) -> bool) {
        let old = std::mem::take(self);
        for (index, value) in old.pieces.into_iter().flatten().enumerate() {
            if keep(index, &value) {
                self.push(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_pushed_across_pieces() {
        let mut list = Chunked::default();
        for n in 0..10_000usize {
            list.push(n);
        }
        assert_eq!(list.len(), 10_000);
        assert_eq!(list.get(9_999), Some(&9_999));
        assert_eq!(list.get(10_000), None);
        list.retain(|index, n| index % 2 == 0 && *n < 9_000);
        assert_eq!(list.len(), 4_500);
        assert_eq!(list.iter().last(), Some(&8_998));
    }
}
