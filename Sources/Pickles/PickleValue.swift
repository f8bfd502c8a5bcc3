/// What a pickle is allowed to build: plain values, containers, and what a dialect adds.
///
/// Containers are places in a ``PickleHeap``, so that nothing here is nested: neither reading nor
/// releasing a hostile pickle recurses.
public enum PickleValue: Sendable {
    /// Python's None.
    case none
    /// A truth value.
    case truth(Bool)
    /// An integer.
    case integer(Int)
    /// A floating-point number.
    case real(Double)
    /// A text; Python 2's `str` is one if it is UTF-8.
    case text(String)
    /// Bytes, by their place in the pickle.
    case bytes(Range<Int>)
    /// A container, by its place in the heap.
    case container(Int)
    /// Something that the dialect made, by its place in the heap.
    case object(Int)
    /// One of the few names that a pickle may mention.
    case name(PickleName)
}

/// The name of something in a Python module.
public struct PickleName: Hashable, Sendable, CustomStringConvertible {
    /// The module, such as `collections`.
    public let module: String
    /// What it is called there.
    public let name: String

    /// A name from its parts.
    public init(_ module: String, _ name: String) {
        self.module = module
        self.name = name
    }

    /// Module and name with a dot between them.
    public var description: String { "\(module).\(name)" }
}

/// A container of a pickle.
public struct PickleContainer: Sendable {
    /// What it is.
    public enum Kind: Sendable {
        /// What the names say.
        case list, tuple, set
        /// `items` are a key, its value, the next key, …
        case dictionary
        /// As `dictionary`; Python's OrderedDict may have attributes, which are left out.
        case orderedDictionary
    }

    /// What it is.
    public let kind: Kind
    /// What it holds, in order.
    public internal(set) var items: [PickleValue] = []

    /// Whether `items` are keys and values.
    public var isDictionary: Bool { kind == .dictionary || kind == .orderedDictionary }
}

/// All that a pickle built.
public struct PickleHeap: Sendable {
    /// The containers, in the order in which they were begun.
    public internal(set) var containers: [PickleContainer] = []
    /// What to call each object of the dialect: "a tensor".
    private var objects: [String] = []

    /// Makes room for an object of a dialect.
    ///
    /// - Parameter kind: What to call it in a message: "a tensor".
    /// - Returns: The value that stands for it; its number counts the objects from 0.
    public mutating func addObject(_ kind: String) -> PickleValue {
        objects.append(kind)
        return .object(objects.count - 1)
    }

    /// What to call a value in a message.
    public func kind(_ value: PickleValue) -> String {
        switch value {
        case .none: "None"
        case .truth: "a truth value"
        case .integer: "an integer"
        case .real: "a number"
        case .text: "a text"
        case .bytes: "bytes"
        case .container(let place):
            switch containers[place].kind {
            case .list: "a list"
            case .tuple: "a tuple"
            case .set: "a set"
            case .dictionary, .orderedDictionary: "a dictionary"
            }
        case .object(let place): objects[place]
        case .name(let name): name.description
        }
    }

    /// The items of a tuple; nil for anything else.
    public func tuple(_ value: PickleValue) -> [PickleValue]? {
        guard case .container(let place) = value, containers[place].kind == .tuple else {
            return nil
        }
        return containers[place].items
    }

    /// The numbers of a tuple of integers that are not negative; nil for anything else.
    public func sizes(_ value: PickleValue) -> [Int]? {
        guard let items = tuple(value) else { return nil }
        var sizes: [Int] = []
        for item in items {
            guard case .integer(let size) = item, size >= 0 else { return nil }
            sizes.append(size)
        }
        return sizes
    }
}
