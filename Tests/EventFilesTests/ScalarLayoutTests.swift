import EventFiles
import Testing

@Suite struct ScalarLayoutTests {
    /// What tensorboard 2.21.0 makes of the layout below: `layout_pb2.Layout(...).SerializeToString().hex()`.
    private static let expected =
        "12aa010a034f6e6512120a0161120d0a035e61240a065e622f2e2a24128e010a046c6f6e671285010a8201*12050a0354776f"

    @Test("A layout is the bytes that TensorBoard's own library makes of it")
    func bytes() throws {
        let layout = ScalarLayout([
            .init(
                "One",
                [
                    .init("a", ["^a$", "^b/.*$"]),
                    .init("long", [String(repeating: "x", count: 130)]),
                ]),
            .init("Two", []),
        ])
        let hex = layout.serialized.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == Self.expected.replacing("*", with: String(repeating: "78", count: 130)))
        let event = LoggedEvent(
            step: 1, time: 2, .values([LoggedValue(ScalarLayout.tag, .layout(layout.serialized))]))
        #expect(try LoggedEvent(serialized: event.serialized()) == event)
    }
}
