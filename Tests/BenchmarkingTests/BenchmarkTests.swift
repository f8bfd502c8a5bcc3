import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import Shards
import Testing

@testable import Benchmarking
@testable import Evaluating
@testable import Inference

extension EndToEnd {
    /// The benchmarks on inputs as small as they may be.
    @Suite struct BenchmarkTests {
        private let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// The report as its JSON says it, each of whose phases has `runs` runs.
        private func json(_ report: BenchmarkReport, runs: Int) throws -> [String: Any] {
            let json = try object(jsonDocument(report))
            #expect(json["benchmark"] as? String == report.name)
            #expect(json["threads"] as? Int == report.threads)
            #expect(try #require(json["peak_rss_mb"] as? Double) > 1)
            let phases = try #require(json["phases"] as? [String: [String: Any]])
            #expect(phases.count == report.phases.count)
            for (name, phase) in phases {
                let seconds = try #require(phase["runs_s"] as? [Double])
                #expect(seconds.count == runs && seconds.allSatisfy { $0 >= 0 }, "\(name)")
                #expect(
                    phase["median_s"] as? Double != nil && phase["cpu_median_s"] as? Double != nil)
            }
            #expect(report.lines.count > report.phases.count)
            return json
        }

        @Test(
            "The loader's benchmark loads drawn scenes beside libjpeg-turbo, with prompts if asked")
        func loader() throws {
            var benchmark = LoaderBenchmark()
            (benchmark.imageSize, benchmark.storedSize) = (56, 64)
            (benchmark.scenes, benchmark.count, benchmark.workers) = (3, 5, 2)
            (benchmark.repeats, benchmark.policy) = (2, fixture.policy)
            let report = try benchmark.run()
            let json = try json(report, runs: 2)
            let phases = try #require(json["phases"] as? [String: Any])
            #expect(
                Set(phases.keys) == [
                    "load", "decode_bare", "load_with_prompts", "sample_read", "sample_decode",
                    "sample_stretch", "sample_stretch_mask", "sample_prompt",
                ])
            for name in ["samples_per_s", "pixel_mb_per_s", "decode_ratio", "decode_cpu_ratio"] {
                #expect(try #require(json[name] as? Double) > 0, "\(name)")
            }
            #expect(json["distinct_samples"] as? Int == 3 && json["stored_width"] as? Int == 64)
        }

        @Test("Pictures that are not JPEG are loaded without anything to compare with")
        func png() throws {
            var benchmark = LoaderBenchmark()
            (benchmark.data, benchmark.imageSize) = ([fixture.shard], 56)
            (benchmark.count, benchmark.repeats) = (4, 1)
            let json = try json(benchmark.run(), runs: 1)
            #expect((json["phases"] as? [String: Any])?["decode_bare"] == nil)
            #expect(json["decode_ratio"] is NSNull)
        }

        @Test("The segmenter's benchmark encodes, decodes and upsamples")
        func segmenter() throws {
            var benchmark = SegmenterBenchmark(segmenter: fixture.segmenter)
            (benchmark.imageSize, benchmark.prompts, benchmark.repeats) = (64, 3, 2)
            benchmark.threads = 1
            let json = try json(benchmark.run(), runs: 2)
            let phases = try #require(json["phases"] as? [String: Any])
            #expect(Set(phases.keys) == ["encode", "decode", "upsample", "masks"])
            #expect(try #require(json["gemm_peak_gflops"] as? Double) > 0)
            #expect(try #require(json["masks_per_s"] as? Double) > 0)
        }

        @Test("The score's benchmark reads and scores its own answers, or those of a file")
        func score() throws {
            var benchmark = ScoreBenchmark()
            benchmark.segmenter = fixture.segmenter
            (benchmark.count, benchmark.groupSize, benchmark.imageSize) = (9, 8, 64)
            (benchmark.repeats, benchmark.threads) = (2, 1)
            let own = try json(benchmark.run(), runs: 2)
            #expect(own["completions"] as? Int == 9 && own["pictures"] as? Int == 2)
            #expect(own["parsed"] as? Int == 8, "one answer of eight is cut")
            #expect(try #require(own["score_per_s"] as? Double) > 0)

            try withFolder { folder in
                let reader = try ShardReader(path: fixture.shard)
                let text = (0..<3).map {
                    "{\"id\": \"\(reader.id(at: $0 / 2))\", \"completion\": \"nothing\"}\n"
                }.joined()
                let path = folder + "/answers.jsonl"
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                (benchmark.completions, benchmark.data) = (path, [fixture.shard])
                benchmark.segmenter = nil
                let file = try json(benchmark.run(), runs: 2)
                #expect(file["completions"] as? Int == 3 && file["pictures"] as? Int == 2)
                #expect(file["parsed"] as? Int == 0 && file["score_per_s"] == nil)
            }
        }

        @Test("Medians are the middle, or the mean of the two middle ones")
        func medians() {
            #expect(median([]) == nil)
            #expect(median([3]) == 3)
            #expect(median([5, 1, 3]) == 3)
            #expect(median([4, 1, 2, 9]) == 3)
        }
    }
}
