/// Which values make way in a ``BoundedStore`` that is full.
package enum StoreEviction: Sendable {
    /// Those that were used longest ago: for values that are asked for again soon or not at all.
    case leastRecentlyUsed
    /// None; the new one is not kept. For values that come once per pass in another order each time: what
    /// would make way comes again before what takes its place does. With room for half of them, half
    /// are found in each pass, and 15 % if the least recently used ones make way.
    case none
}

/// Values of known sizes by their keys, within a number of bytes.
///
/// Pure bookkeeping; one thread at a time. An eviction looks at every entry, which are few and large.
struct BoundedStore<Key: Hashable, Value> {
    /// The most bytes that are kept.
    let capacity: Int
    /// What makes way.
    let eviction: StoreEviction
    /// Bytes of all that is kept.
    private(set) var byteCount = 0
    private var entries: [Key: Entry] = [:]
    /// Uses so far, by which entries are ordered.
    private var clock = 0

    private struct Entry {
        let value: Value
        let bytes: Int
        var lastUse: Int
    }

    /// An empty store.
    init(capacity: Int, eviction: StoreEviction = .leastRecentlyUsed) {
        precondition(capacity >= 0, "a negative number of bytes")
        self.capacity = capacity
        self.eviction = eviction
    }

    /// How many values are kept.
    var count: Int { entries.count }

    /// The keys, from the one that was used longest ago to the last one used.
    var keys: [Key] { entries.sorted { $0.value.lastUse < $1.value.lastUse }.map(\.key) }

    /// The value of a key, if it is kept; that is a use of it.
    mutating func value(_ key: Key) -> Value? {
        guard let entry = entries[key] else { return nil }
        clock += 1
        entries[key]?.lastUse = clock
        return entry.value
    }

    /// Keeps a value in the place of the key's other one, if there is room or room can be made.
    ///
    /// - Returns: whether it is kept
    @discardableResult
    mutating func insert(_ value: Value, bytes: Int, for key: Key) -> Bool {
        precondition(bytes >= 0, "a negative number of bytes")
        remove(key)
        guard bytes <= capacity else { return false }
        if byteCount + bytes > capacity, eviction == .none { return false }
        while byteCount + bytes > capacity,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            remove(oldest)
        }
        clock += 1
        entries[key] = Entry(value: value, bytes: bytes, lastUse: clock)
        byteCount += bytes
        return true
    }

    private mutating func remove(_ key: Key) {
        if let entry = entries.removeValue(forKey: key) { byteCount -= entry.bytes }
    }
}
