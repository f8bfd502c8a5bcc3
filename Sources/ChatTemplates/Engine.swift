import CChatTemplate
import Foundation
import Tokenizers

/// A template that llama.cpp's engine has read.
///
/// Unchecked: the handle changes in no rendering, and the lock lets one render at a time.
final class Engine: @unchecked Sendable {
    let origin: String
    private let handle: OpaquePointer
    private let lock = NSLock()

    init(_ source: String, origin: String) throws {
        self.origin = origin
        var handle: OpaquePointer?
        try TextStore.with([source]) { texts in
            try Self.check(cct_template_create(texts[0], &handle), origin)
        }
        guard let handle else { preconditionFailure("a template without a handle") }
        self.handle = handle
    }

    deinit { cct_template_free(handle) }

    func render(
        _ messages: [ChatMessage], form: ChatTemplate.ContentForm, picture: PictureMark,
        variables: [String: String], addGenerationPrompt: Bool
    ) throws -> [ChatText] {
        let names = variables.sorted { $0.key < $1.key }
        let parts = messages.flatMap(\.parts)
        let strings =
            [picture.text] + names.flatMap { [$0.key, $0.value] } + messages.map(\.role.rawValue)
            + parts.map { if case .text(let text) = $0 { text } else { "" } }
        return try TextStore.with(strings) { texts in
            let variables = names.indices.map {
                CCTVariable(name: texts[1 + 2 * $0], value: texts[2 + 2 * $0])
            }
            let roles = texts[(1 + 2 * names.count)...].prefix(messages.count)
            let said = texts[(1 + 2 * names.count + messages.count)...]
            let list = zip(parts, said).map { part, text in
                CCTPart(is_image: part == .image, text: text)
            }
            return try list.withUnsafeBufferPointer { list in
                var start = 0
                let turns = zip(messages, roles).map { message, role in
                    defer { start += message.parts.count }
                    return CCTMessage(
                        role: role, parts: list.baseAddress.map { $0 + start },
                        part_count: message.parts.count, as_string: form.isString(message.role))
                }
                return try pieces { out in
                    cct_template_render(
                        handle, turns, turns.count, variables, variables.count, texts[0],
                        addGenerationPrompt, out)
                }
            }
        }
    }

    private func pieces(
        _ render: (UnsafeMutablePointer<OpaquePointer?>) -> CCTStatus
    ) throws -> [ChatText] {
        var rendering: OpaquePointer?
        lock.lock()
        defer { lock.unlock() }
        try Self.check(render(&rendering), origin)
        defer { cct_rendering_free(rendering) }
        return try (0..<cct_rendering_count(rendering)).map { index in
            var isSaid = false
            let part = cct_rendering_part(rendering, index, &isSaid)
            let bytes = UnsafeRawBufferPointer(start: part.data, count: part.length)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ChatTemplateError(origin: origin, problem: "it cuts characters into bytes")
            }
            return ChatText(text, isSaid: isSaid)
        }
    }

    /// The message is read on the thread that failed, before anything else is called.
    private static func check(_ status: CCTStatus, _ origin: String) throws {
        guard status != CCTStatus(CCT_OK) else { return }
        var problem = String(cString: cct_last_error_message())
        let raised = "Jinja Exception: "
        if problem.hasPrefix(raised) { problem = "it refuses: " + problem.dropFirst(raised.count) }
        let line = cct_last_error_line()
        throw ChatTemplateError(
            origin: origin, line: line > 0 ? Int(line) : nil, problem: problem)
    }
}

/// Strings in one place in memory, for C.
enum TextStore {
    static func with<Result>(
        _ strings: [String], _ body: ([CCTText]) throws -> Result
    ) rethrows -> Result {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for string in strings {
            let start = bytes.count
            bytes += string.utf8
            ranges.append(start..<bytes.count)
        }
        bytes.append(0)
        return try bytes.withUnsafeBytes { buffer in
            let start = buffer.bindMemory(to: CChar.self).baseAddress
            return try body(
                ranges.map { range in
                    CCTText(data: start.map { $0 + range.lowerBound }, length: range.count)
                })
        }
    }
}
