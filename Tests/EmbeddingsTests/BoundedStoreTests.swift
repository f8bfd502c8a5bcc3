import Datasets
import Testing

@testable import Embeddings

/// What is kept within a number of bytes.
@Suite struct BoundedStoreTests {
    private typealias Store = BoundedStore<String, Int>

    @Test("Bytes never exceed the capacity, and the value used longest ago makes way first")
    func order() {
        var store = Store(capacity: 10)
        for (value, key) in ["a", "b", "c"].enumerated() {
            let isKept = store.insert(value, bytes: 3, for: key)
            #expect(isKept)
        }
        #expect(store.byteCount == 9 && store.keys == ["a", "b", "c"])
        let first = store.value("a")
        #expect(first == 0 && store.keys == ["b", "c", "a"])
        store.insert(3, bytes: 4, for: "d")
        #expect(store.keys == ["c", "a", "d"] && store.byteCount == 10)
        let gone = store.value("b")
        #expect(gone == nil)
        // One that needs all of the room takes it.
        store.insert(4, bytes: 10, for: "e")
        #expect(store.keys == ["e"] && store.byteCount == 10)
    }

    @Test("What is larger than the capacity is not kept, and costs nothing else its place")
    func tooLarge() {
        var store = Store(capacity: 10)
        store.insert(0, bytes: 5, for: "a")
        let isKept = store.insert(1, bytes: 11, for: "b")
        #expect(!isKept && store.keys == ["a"])
        var none = Store(capacity: 0)
        none.insert(0, bytes: 1, for: "a")
        #expect(none.count == 0)
    }

    @Test("A key's new value takes the place of its old one, bytes included")
    func replaced() {
        var store = Store(capacity: 10)
        store.insert(0, bytes: 6, for: "a")
        store.insert(1, bytes: 8, for: "a")
        let value = store.value("a")
        #expect(value == 1 && store.byteCount == 8 && store.count == 1)
    }

    @Test("Where nothing makes way, a full store keeps what it has")
    func noEviction() {
        var store = Store(capacity: 10, eviction: .none)
        let kept = [("a", 6), ("b", 6), ("c", 4)].map {
            store.insert(0, bytes: $0.1, for: $0.0)
        }
        #expect(kept == [true, false, true] && store.keys == ["a", "c"])
    }

    @Test(
        "In passes of changing order, room for half finds half, and less if the oldest make way"
    )
    func passes() {
        func hits(_ eviction: StoreEviction) -> Double {
            let count = 200
            var store = BoundedStore<Int, Int>(capacity: count / 2, eviction: eviction)
            var order = EpochSampler(count: count, seed: 3)
            var found = 0
            for place in 0..<21 * count {
                guard let request = order.next() else { continue }
                if store.value(request.index) != nil {
                    found += place >= count ? 1 : 0
                } else {
                    store.insert(0, bytes: 1, for: request.index)
                }
            }
            return Double(found) / Double(20 * count)
        }
        #expect(hits(.none) == 0.5)
        #expect(abs(hits(.leastRecentlyUsed) - 0.153) < 0.03)
    }
}
