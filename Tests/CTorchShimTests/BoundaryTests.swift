import CTorchShim
import Foundation
import Testing

/// The C face itself: what it promises in its header, tried without the Swift layer above it.
@Suite struct BoundaryTests {
    private let sentinel = OpaquePointer(bitPattern: 0x5eed)

    private func with<Result>(_ sizes: [Int64], _ body: (CTSIntList) -> Result) -> Result {
        sizes.withUnsafeBufferPointer {
            body(CTSIntList(data: $0.baseAddress, count: Int64($0.count)))
        }
    }

    private func tensor(_ values: [Float], _ sizes: [Int64]) throws -> OpaquePointer {
        var out: OpaquePointer?
        let status = with(sizes) {
            cts_from_data(values, values.count * 4, $0, Int32(CTS_FLOAT32), &out)
        }
        #expect(status == CTS_OK)
        return try #require(out)
    }

    private var message: String { String(cString: cts_last_error_message()) }

    @Test("A refused operation gives the torch status, a message, and leaves the result untouched")
    func refusedOperation() throws {
        let a = try tensor([1, 2], [1, 2])
        defer { cts_tensor_free(a) }
        var out = sentinel
        #expect(cts_matmul(a, a, &out) == CTS_ERR_TORCH)
        #expect(out == sentinel)
        #expect(message.contains("cannot be multiplied"))
        #expect(!message.contains("frame #"), "the C++ backtrace is not part of the message")
    }

    @Test("A NULL handle is an invalid argument, never a crash")
    func nullHandle() {
        var out = sentinel
        #expect(cts_matmul(nil, nil, &out) == CTS_ERR_INVALID_ARGUMENT)
        #expect(out == sentinel)
        #expect(message.contains("NULL"))
        #expect(cts_unary(Int32(CTS_NEG), nil, nil) == CTS_ERR_INVALID_ARGUMENT)
        cts_tensor_free(nil)
        cts_generator_free(nil)
    }

    @Test("A success clears the message of the failure before it")
    func messageIsCleared() throws {
        let a = try tensor([1], [1])
        defer { cts_tensor_free(a) }
        var out = sentinel
        #expect(cts_unary(999, a, &out) == CTS_ERR_INVALID_ARGUMENT)
        #expect(message.contains("999"))
        var rank: Int64 = -1
        #expect(cts_dimension_count(a, &rank) == CTS_OK)
        #expect(message.isEmpty)
        #expect(rank == 1)
    }

    @Test("An unknown dtype or operation code is refused by its number")
    func unknownCodes() throws {
        let a = try tensor([1], [1])
        defer { cts_tensor_free(a) }
        var out = sentinel
        #expect(cts_to_dtype(a, 77, &out) == CTS_ERR_INVALID_ARGUMENT)
        #expect(message.contains("77"))
        #expect(cts_binary(-1, a, a, &out) == CTS_ERR_INVALID_ARGUMENT)
        #expect(
            cts_reduce(55, a, CTSIntList(data: nil, count: 0), false, &out)
                == CTS_ERR_INVALID_ARGUMENT)
        #expect(out == sentinel)
    }

    @Test("Data whose length does not fit the sizes is refused before anything is read")
    func dataOfWrongLength() {
        let values: [Float] = [1, 2, 3]
        var out = sentinel
        for sizes: [Int64] in [[2, 2], [1 << 62, 1 << 62], [-3]] {
            let status = with(sizes) { cts_from_data(values, 12, $0, Int32(CTS_FLOAT32), &out) }
            #expect(status == CTS_ERR_INVALID_ARGUMENT, "\(sizes)")
            #expect(out == sentinel)
        }
    }

    @Test("An allocation that cannot succeed is an error, not the end of the process")
    func impossibleAllocation() {
        var out = sentinel
        let status = with([1 << 50]) {
            cts_empty($0, Int32(CTS_FLOAT32), CTSDevice(type: 0, index: 0), &out)
        }
        #expect(status == CTS_ERR_OOM || status == CTS_ERR_TORCH)
        #expect(!message.isEmpty)
        #expect(out == sentinel)
    }

    @Test("Too small a buffer is refused and not written to")
    func smallBuffers() throws {
        let a = try tensor([1, 2, 3, 4], [2, 2])
        defer { cts_tensor_free(a) }
        var sizes: [Int64] = [-7]
        #expect(cts_sizes(a, &sizes, 1) == CTS_ERR_INVALID_ARGUMENT)
        #expect(sizes == [-7])
        var values: [Float] = [9, 9, 9]
        #expect(cts_copy_data(a, &values, 12) == CTS_ERR_INVALID_ARGUMENT)
        #expect(values == [9, 9, 9])
    }

    @Test("A tensor outlives the handle that it was made from, and borrowed memory its tensor")
    func ownership() throws {
        final class Flag { var released = 0 }
        let flag = Flag()
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: 4)
        memory.initialize(repeating: 2, count: 4)
        defer { memory.deallocate() }
        var borrowed: OpaquePointer?
        let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
            guard let context else { return }
            Unmanaged<Flag>.fromOpaque(context).takeUnretainedValue().released += 1
        }
        let status = with([4]) {
            cts_from_borrowed(
                memory, $0, Int32(CTS_FLOAT32), release,
                Unmanaged.passUnretained(flag).toOpaque(), &borrowed)
        }
        #expect(status == CTS_OK)
        var view: OpaquePointer?
        #expect(cts_slice(borrowed, 0, 1, 3, 1, &view) == CTS_OK)
        cts_tensor_free(borrowed)
        #expect(flag.released == 0, "the view still needs the memory")
        var values: [Float] = [0, 0]
        #expect(cts_copy_data(view, &values, 8) == CTS_OK)
        #expect(values == [2, 2])
        cts_tensor_free(view)
        #expect(flag.released == 1)
    }

    @Test("A failed pair hands out neither result")
    func failedPair() throws {
        let a = try tensor([1, 2], [2])
        defer { cts_tensor_free(a) }
        var (values, indices) = (sentinel, sentinel)
        #expect(cts_topk(a, 5, 0, &values, &indices) == CTS_ERR_TORCH)
        #expect(values == sentinel && indices == sentinel)
        #expect(cts_topk(a, 1, 0, &values, nil) == CTS_ERR_INVALID_ARGUMENT)
        #expect(values == sentinel)
    }

    @Test("The version is the one that set-up accepted")
    func version() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let accepted = try String(
            contentsOf: root.appendingPathComponent(".deps/libtorch-checked/libtorch_checked.h"),
            encoding: .utf8)
        #expect(accepted.contains("\"" + String(cString: cts_libtorch_version()) + "\""))
    }
}
