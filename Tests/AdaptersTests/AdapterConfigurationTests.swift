import Foundation
import Testing

@testable import Adapters

@Suite("Adapters' configurations")
struct AdapterConfigurationTests {
    @Test("Patterns stay in the file's order")
    func order() throws {
        let text =
            #"{"peft_type": "LORA", "target_modules": ["q_proj"], "rank_pattern": {"z": 1, "a": 2, "m": 3}}"#
        let read = try AdapterConfiguration(Data(text.utf8), path: "f")
        #expect(read.rankPattern.map(\.key) == ["z", "a", "m"])
    }
}
