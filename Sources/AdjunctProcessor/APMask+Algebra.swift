extension APMask {
    /// Whether no bit is set.
    @inlinable
    public var isEmpty: Bool {
        word0 | word1 | word2 | word3 == 0
    }

    /// How many bits are set.
    @inlinable
    public var count: Int {
        word0.nonzeroBitCount + word1.nonzeroBitCount + word2.nonzeroBitCount + word3.nonzeroBitCount
    }

    /// The lowest number, nil when there is none.
    @inlinable
    public var first: UInt8? {
        var iterator = makeIterator()
        return iterator.next()
    }

    /// The bits of either.
    @inlinable
    public func union(_ other: APMask) -> APMask {
        APMask(words: (word0 | other.word0, word1 | other.word1, word2 | other.word2, word3 | other.word3))
    }

    /// The bits of both.
    @inlinable
    public func intersection(_ other: APMask) -> APMask {
        APMask(words: (word0 & other.word0, word1 & other.word1, word2 & other.word2, word3 & other.word3))
    }

    /// The bits that `other` does not have.
    @inlinable
    public func subtracting(_ other: APMask) -> APMask {
        APMask(words: (word0 & ~other.word0, word1 & ~other.word1, word2 & ~other.word2, word3 & ~other.word3))
    }

    /// The bits in which the two differ.
    @inlinable
    public func symmetricDifference(_ other: APMask) -> APMask {
        APMask(words: (word0 ^ other.word0, word1 ^ other.word1, word2 ^ other.word2, word3 ^ other.word3))
    }

    /// Whether there is a bit that both have.
    @inlinable
    public func intersects(_ other: APMask) -> Bool {
        !intersection(other).isEmpty
    }

    /// Whether `other` has every bit of this mask.
    @inlinable
    public func isSubset(of other: APMask) -> Bool {
        subtracting(other).isEmpty
    }
}

extension APMask: Sequence {
    /// Yields the set bits in ascending order: one leading-zero count each, the empty words skipped.
    public struct Iterator: IteratorProtocol, Sendable {
        @usableFromInline var remaining: APMask
        @usableFromInline var base: UInt8 = 0

        @inlinable
        init(_ mask: APMask) {
            remaining = mask
        }

        /// The next set bit; nil behind the last one.
        @inlinable
        public mutating func next() -> UInt8? {
            // The word in hand is always word0; a finished one is shifted out.
            while remaining.word0 == 0 {
                guard base < 192 else { return nil }
                base += 64
                remaining = APMask(words: (remaining.word1, remaining.word2, remaining.word3, 0))
            }
            let offset = UInt8(truncatingIfNeeded: remaining.word0.leadingZeroBitCount)
            remaining.word0 &= ~APMask.position(offset)
            return base + offset
        }
    }

    /// Begins at the lowest set bit; changes of the mask do not reach the iterator.
    @inlinable
    public func makeIterator() -> Iterator {
        Iterator(self)
    }

    /// Exact here: `count`.
    @inlinable
    public var underestimatedCount: Int { count }

    /// The members as adapters, ascending.
    @inlinable
    public var adapters: some Sequence<AdapterID> {
        lazy.map { AdapterID($0) }
    }

    /// The members as domains, ascending.
    @inlinable
    public var domains: some Sequence<DomainID> {
        lazy.map { DomainID($0) }
    }
}
