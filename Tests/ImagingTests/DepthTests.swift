import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Pictures of other depths than 8 bits")
struct DepthTests {
    @Test("there are fixtures of bits, of 16 bits and more, and of blocks left out")
    func fixturesExist() {
        #expect(DepthFixtures.all.pictures.count == 130)
        #expect(DepthFixtures.all.pictures.count { $0.stretch != nil } == 60)
    }

    @Test(
        "A picture of at most 8 bits has the bytes of Pillow, and one of more those of its stretch",
        arguments: DepthFixtures.all.pictures)
    func decodes(example: DepthCase) throws {
        let stretch = try example.stretch.map { try #require(Stretch($0)) }
        let decoded = try ImageCodec.decode(example.bytes, name: "a", stretch: stretch)
        #expect(decoded.image.pixels == [UInt8](example.rgb))
        #expect((decoded.ranges != nil) == (stretch != nil))
    }

    @Test(
        "Its label is the pixels above 0, whatever the depth", arguments: DepthFixtures.all.pictures
    )
    func labels(example: DepthCase) throws {
        let label = try ImageCodec.decodeLabel(example.bytes, name: "a")
        #expect(label.bytes(value: 1) == [UInt8](example.label))
    }

    @Test(
        "Without a stretch more than 8 bits are an error with the values and the ways out",
        arguments: DepthFixtures.all.pictures.filter { $0.stretch != nil })
    func refuses(example: DepthCase) throws {
        let range = try #require(example.range)
        let error = try #require(throws: ImageError.self) {
            try ImageCodec.decode(example.bytes, name: "a.tif", stretch: nil)
        }
        let ends = range.map { Int(exactly: $0).map(String.init) ?? "\($0)" }
        #expect(error.what.contains("values from \(ends[0]) to \(ends[1])"), "\(error)")
        #expect(error.name == "a.tif")
        for way in ["--stretch LOW,HIGH", "--stretch pLOW,pHIGH"] {
            #expect(error.hint.contains(way))
        }
    }

    @Test("A picture that a shard holds is refused too, and has to be imported again")
    func storedPicture() throws {
        let example = try #require(DepthFixtures.all.pictures.first { $0.name == "png gray" })
        let error = try #require(throws: ImageError.self) {
            try ImageCodec.decode(example.bytes, name: "sample-7")
        }
        #expect(error.name == "sample-7" && error.hint.contains("import the data again"))
        #expect(error.what.contains("values from 0 to 65535"))
    }

    @Test("Signed samples and floats have no whole range that none could take")
    func noWholeRange() throws {
        for name in ["tiff < int16", "tiff < float64"] {
            let example = try #require(DepthFixtures.all.pictures.first { $0.name == name })
            let error = try #require(throws: ImageError.self) {
                try ImageCodec.decode(example.bytes, name: "a", stretch: .whole)
            }
            #expect(error.what.contains("no whole range") && error.hint.contains("LOW,HIGH"))
        }
    }

    @Test("A target of the least value of 16 bits is not lost")
    func leastLevel() throws {
        let example = try #require(DepthFixtures.all.pictures.first { $0.name == "png gray" })
        // The second pixel has the value 1.
        let label = try ImageCodec.decodeLabel(example.bytes, name: "a")
        #expect(!label[0, 0] && label[1, 0])
    }
}

@Suite("Stretches")
struct StretchTests {
    @Test("A stretch is read and written in one notation")
    func notation() throws {
        for text in ["none", "0,3000", "-12.5,1e+20", "p2,p98", "p0.5,p100", "0,1,2,3,4.5,6"] {
            #expect(try #require(Stretch(text)).description == text)
        }
        for text in [
            "", "auto", "0", "3,3", "5,1", "p2,98", "2,p98", "p-1,p50", "p2,p101", "0,nan", "0,inf",
            "1,2,3", "0,", "None", "-1e308,1e308",
            "0,1,2,3", "0,1,2,3,5,4", "p1,p2,p3,p4,p5,p6", "p2,p98,0",
        ] {
            #expect(Stretch(text) == nil, "\(text)")
        }
    }

    @Test("Percentiles of several pictures are those of all their samples together")
    func percentilesOfMany() throws {
        let cases = DepthFixtures.all.percentiles
        #expect(cases.count == 6)
        for example in cases {
            let stretch = try #require(Stretch(example.stretch))
            var measurement = try #require(StretchMeasurement(stretch))
            var passes = 0
            repeat {
                passes += 1
                for file in example.files {
                    let isDeep = try ImageCodec.measure(
                        [UInt8](file), name: "a", into: &measurement)
                    #expect(isDeep)
                }
            } while !measurement.endPass()
            // Floats need a second look.
            #expect(passes == (example.files.count == 4 ? 1 : 2))
            let ranges = measurement.ranges
            let found = try [#require(ranges.gray)] + #require(ranges.colors)
            for (range, ends) in zip(found, [example.gray] + example.colors) {
                #expect(abs(range.low - ends[0]) < 1e-9 && abs(range.high - ends[1]) < 1e-9)
            }
        }
    }

    @Test("Three ranges are those of red, green and blue, as percentiles found them")
    func rangesOfColors() throws {
        let file = DepthFixtures.file("png rgb")
        let found = try ImageCodec.decode(
            file, name: "a", stretch: .percentiles(low: 2, high: 98))
        let colors = try #require(found.ranges?.colors)
        let again = try ImageCodec.decode(file, name: "a", stretch: .values(colors))
        #expect(again.image == found.image)
        let error = #expect(throws: ImageError.self) {
            try ImageCodec.decode(
                DepthFixtures.file("png gray"), name: "a", stretch: .values(colors))
        }
        #expect(error?.what.contains("gray") == true)
    }

    @Test("A constant picture is black, and one bright pixel does not darken the others")
    func constantAndBright() throws {
        let stretch = Stretch.percentiles(low: 2, high: 98)
        var measurement = try #require(StretchMeasurement(stretch))
        let isDone = measurement.endPass()
        #expect(isDone && measurement.ranges == StretchRanges())
        let range = StretchRange(low: 5, high: 5)
        #expect(range.description == "5,5")
        let example = try #require(DepthFixtures.all.pictures.first { $0.name == "png gray" })
        // The picture's greatest values are 65535 once and 3200.
        let decoded = try ImageCodec.decode(
            example.bytes, name: "a", stretch: .percentiles(low: 2, high: 98))
        #expect(try #require(decoded.ranges?.gray).high < 3200)
        let black = try ImageCodec.decode(
            example.bytes, name: "a", stretch: .values([StretchRange(low: 65535, high: 65536)]))
        #expect(black.image.pixels.allSatisfy { $0 == 0 })
    }
}
