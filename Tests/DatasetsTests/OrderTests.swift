import Foundation
import Testing

@testable import Datasets

@Suite struct RandomnessTests {
    // The expected numbers are those of an independent implementation in Python.

    @Test("the generator is xoshiro256** seeded by SplitMix64")
    func generator() {
        var generator = SeededGenerator(seed: 42)
        #expect(
            (0..<3).map { _ in generator.next() } == [
                0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1,
            ])
    }

    @Test("permutations are Fisher and Yates's with unbiased numbers")
    func permutation() {
        var generator = SeededGenerator(seed: 7)
        #expect(generator.permutation(count: 10) == [1, 8, 3, 0, 4, 5, 9, 6, 2, 7])
    }

    @Test("the stable hash is FNV-1a of the tagged parts, mixed")
    func hash() {
        var hash = StableHash()
        hash.combine(UInt64(42))
        hash.combine(3)
        hash.combine("beach-ö")
        hash.combine(-1)
        #expect(hash.value == 0x65BE_0B01_5EDC_1274)
    }

    @Test("parts that read alike when joined hash differently")
    func hashBoundaries() {
        func hash(_ parts: String...) -> UInt64 {
            var hash = StableHash()
            parts.forEach { hash.combine($0) }
            return hash.value
        }
        #expect(hash("ab", "c") != hash("a", "bc"))
        #expect(hash("") != hash())
    }

    @Test("each part of a completion's name changes its seed")
    func completionSeeds() {
        let seed = StableHash.seed(runSeed: 1, step: 2, sampleID: "a", index: 3)
        #expect(seed == StableHash.seed(runSeed: 1, step: 2, sampleID: "a", index: 3))
        #expect(seed != StableHash.seed(runSeed: 0, step: 2, sampleID: "a", index: 3))
        #expect(seed != StableHash.seed(runSeed: 1, step: 3, sampleID: "a", index: 3))
        #expect(seed != StableHash.seed(runSeed: 1, step: 2, sampleID: "b", index: 3))
        #expect(seed != StableHash.seed(runSeed: 1, step: 2, sampleID: "a", index: 2))
    }

    @Test("numbers below a bound and units stay in range and reach both ends")
    func ranges() {
        var generator = SeededGenerator(seed: 0)
        let numbers = (0..<500).map { _ in generator.uniform(below: 3) }
        #expect(Set(numbers) == [0, 1, 2])
        let units = (0..<500).map { _ in generator.uniformUnit() }
        #expect(units.allSatisfy { (0..<1).contains($0) })
        #expect(units.contains { $0 < 0.05 } && units.contains { $0 > 0.95 })
    }
}

@Suite struct EpochSamplerTests {
    @Test("every epoch has each sample once, in an order of its own")
    func epochs() {
        let requests = Array(EpochSampler(count: 20, seed: 5).prefix(60))
        for epoch in 0..<3 {
            let part = requests[epoch * 20..<epoch * 20 + 20]
            #expect(part.map(\.index).sorted() == Array(0..<20))
            #expect(part.map(\.position) == Array(0..<20))
            #expect(part.allSatisfy { $0.epoch == epoch })
        }
        #expect(requests[..<20].map(\.index) != requests[20..<40].map(\.index))
        let other = EpochSampler(count: 20, seed: 6).prefix(20)
        #expect(requests[..<20].map(\.index) != other.map(\.index))
    }

    @Test("a sampler that resumes from a decoded cursor goes on as the first would have")
    func resume() throws {
        for used in [0, 1, 6, 7, 8, 13, 14] {
            var first = EpochSampler(count: 7, seed: 3)
            for _ in 0..<used { _ = first.next() }
            let data = try JSONEncoder().encode(first.cursor)
            let cursor = try JSONDecoder().decode(EpochSampler.Cursor.self, from: data)
            var second = EpochSampler(count: 7, seed: 3)
            try second.resume(from: cursor)
            #expect(Array(first.prefix(20)) == Array(second.prefix(20)))
        }
    }

    @Test("a cursor of other data, of another seed or outside of the order is refused")
    func wrongCursor() {
        var sampler = EpochSampler(count: 7, seed: 3)
        var cursor = sampler.cursor
        cursor.count = 8
        #expect(throws: EpochSampler.ResumeError.self) { try sampler.resume(from: cursor) }
        cursor = sampler.cursor
        cursor.seed = 4
        #expect(throws: EpochSampler.ResumeError.self) { try sampler.resume(from: cursor) }
        cursor = sampler.cursor
        cursor.position = 7
        #expect(throws: EpochSampler.ResumeError.self) { try sampler.resume(from: cursor) }
    }

    @Test("processes share one order, and their cursors stay equal")
    func ranks() {
        for worldSize in [2, 3, 11] {
            let whole = Array(EpochSampler(count: 5, seed: 1).prefix(worldSize * 4))
            var ranks = (0..<worldSize).map {
                EpochSampler(count: 5, seed: 1, rank: $0, worldSize: worldSize)
            }
            var joined: [SampleRequest?] = []
            for _ in 0..<4 {
                for rank in ranks.indices { joined.append(ranks[rank].next()) }
                #expect(Set(ranks.map(\.cursor)).count == 1)
            }
            #expect(joined == whole)
        }
    }

    @Test("the first question, or one that is drawn anew per epoch and sample")
    func questions() {
        #expect(QuestionSelector.first.index(count: 6, seed: 1, epoch: 2, sampleID: "a") == 0)
        func draw(_ epoch: Int, _ id: String) -> Int {
            QuestionSelector.random.index(count: 6, seed: 1, epoch: epoch, sampleID: id)
        }
        #expect(draw(0, "a") == draw(0, "a"))
        #expect(Set((0..<60).map { draw($0, "a") }) == Set(0..<6))
        #expect(Set((0..<60).map { draw(0, "\($0)") }) == Set(0..<6))
    }
}
