package import Configuration
package import Trackers

extension RunTrackers {
    /// The trackers that a configuration names.
    ///
    /// - Parameters:
    ///   - table: what is said of them
    ///   - configuration: what the run depends on, which they are told
    ///   - journal: what the run's folder keeps for them; without one there are none
    ///   - version: that of this program
    ///   - step: the step that the run goes on after
    /// - Throws: `FileError` if it cannot be read how far one of them is
    package convenience init?(
        _ table: TrackerTable, of configuration: some KeyedConfiguration & RunPlacement,
        journal: TrackerJournal?, version: String, after step: Int
    ) throws {
        guard let journal, !table.entries.isEmpty else { return nil }
        try self.init(
            table.entries, journal: journal,
            introduction: TrackerIntroduction(
                run: configuration.outputDirectory, command: type(of: configuration).command,
                version: version, step: step, configuration: configuration.json))
    }
}
