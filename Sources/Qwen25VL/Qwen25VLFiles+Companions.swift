extension Qwen25VLFiles {
    /// The same weights beside other files.
    ///
    /// - Parameter change: gets the files and returns others
    /// - Returns: the folder
    /// - Throws: what `change` throws
    public func replacingCompanions(
        _ change: ([CompanionFile]) throws -> [CompanionFile]
    ) rethrows -> Qwen25VLFiles {
        Qwen25VLFiles(companions: try change(companions), parameters: parameters)
    }
}
