package import NN

/// The modules and parameters of a base, and what transformers calls them in memory.
package struct AdapterTree {
    /// The modules that an adapter may change.
    let modules: [AdaptableModule]
    /// The model's own keys of all parameters of the base.
    let keys: [String]
    /// The head's place, and whether it is the embedding.
    let head: String
    let headIsTied: Bool
    let embedding: String
    /// Modules of transformers that have no parameters, by their names in memory.
    let empty: [String]
    let memory: (String) -> String

    /// A tree from its parts.
    ///
    /// - Parameters:
    ///   - modules: the modules that an adapter may change
    ///   - keys: the model's own keys of all parameters of the base
    ///   - head: the head's place
    ///   - headIsTied: whether its matrix is the embedding
    ///   - embedding: the embedding's place
    ///   - empty: modules without parameters, by their names in memory
    ///   - memory: the name in transformers' memory of a place or key
    package init(
        modules: [AdaptableModule], keys: [String], head: String, headIsTied: Bool,
        embedding: String, empty: [String], memory: @escaping (String) -> String
    ) {
        self.modules = modules
        self.keys = keys
        self.head = head
        self.headIsTied = headIsTied
        self.embedding = embedding
        self.empty = empty
        self.memory = memory
    }

    /// Whether a place or key is none of the language model's.
    func isVision(_ key: String) -> Bool {
        let text = embedding.split(separator: ".").first.map(String.init) ?? ""
        return !key.hasPrefix(text + ".") && !key.hasPrefix(head)
    }

    /// All parameters' keys, a head's that is the embedding too.
    var allKeys: [String] { headIsTied ? keys + [head + ".weight"] : keys }
}
