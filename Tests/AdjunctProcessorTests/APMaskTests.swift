import AdjunctProcessor
import Interleavings
import Testing

@Suite struct APMaskTests {
    private let sample = APMask([3, 5, 6, 10])

    @Test func bitZeroIsLeftmost() {
        #expect(sample.description == "0x1620000000000000000000000000000000000000000000000000000000000000")
        #expect(APMask([0]).words.0 == 1 << 63)
        #expect(APMask([255]).words.3 == 1)
        #expect(
            APMask([0x04, 0x10, 0x47, 0xab, 0xff]).description
                == "0x0800800000000000010000000000000000000000001000000000000000000001")
    }

    @Test func writesWhatItDescribes() {
        var bytes = Array("a,".utf8)
        sample.write(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "a,\(sample)")
        #expect(sample.description.utf8.count == APMask.textLength)
        #expect(APMask.all.description == "0x" + String(repeating: "f", count: 64))
    }

    @Test func everyBitAloneSetsClearsAndIterates() {
        for bit in UInt8.min...UInt8.max {
            var mask = APMask.none
            mask[bit] = true
            #expect(Array(mask) == [bit])
            #expect(mask.count == 1)
            #expect(mask.first == bit)
            #expect(mask.contains(bit))
            #expect(mask[AdapterID(bit)])
            #expect(mask[DomainID(bit)])
            #expect(mask.contains(AdapterID(bit)))
            #expect(mask.contains(DomainID(bit)))
            #expect(APMask.parse(Array(mask.description.utf8), current: .none, overflow: .saturates) == mask)
            mask[bit] = false
            #expect(mask == .none)
            #expect(mask.isEmpty)
            #expect(mask.first == nil)
            #expect(Array(APMask.through(bit)) == Array(0...bit))
        }
    }

    @Test func iteratesAscendingAcrossWords() {
        let bits: [UInt8] = [0, 1, 63, 64, 127, 128, 191, 192, 254, 255]
        #expect(Array(APMask(bits.reversed())) == bits)
        #expect(Array(APMask.all) == Array(UInt8.min...UInt8.max))
        #expect(Array(APMask.none).isEmpty)
        #expect(Array(sample.adapters) == [3, 5, 6, 10].map { AdapterID($0) })
        #expect(Array(sample.domains) == [3, 5, 6, 10].map { DomainID($0) })
    }

    @Test func algebraAgreesWithSets() {
        var generator = SplitMix64(seed: 42)
        for _ in 0..<200 {
            let left = Set((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let right = Set((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let (l, r) = (APMask(left), APMask(right))
            #expect(Array(l.union(r)) == left.union(right).sorted())
            #expect(Array(l.intersection(r)) == left.intersection(right).sorted())
            #expect(Array(l.subtracting(r)) == left.subtracting(right).sorted())
            #expect(Array(l.symmetricDifference(r)) == left.symmetricDifference(right).sorted())
            #expect(l.intersects(r) == !left.isDisjoint(with: right))
            #expect(l.isSubset(of: r) == left.isSubset(of: right))
            #expect(l.intersection(r).isSubset(of: l))
            #expect(l.count == left.count)
        }
    }
}
