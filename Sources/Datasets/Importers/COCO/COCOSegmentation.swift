// Reference: pycocotools, common/maskApi.c (rleFrString, rleDecode)

import Imaging

/// The shape of an object as an annotation file in COCO's format has it.
///
/// Masks are those that pycocotools decodes, bit for bit.
enum COCOSegmentation: Hashable, Sendable {
    /// Outlines whose insides are the object together: x, y, x, y, … in pixels.
    case polygons([[Double]])
    /// Runs of pixels whose union is the object.
    case runs([COCORuns])

    /// The object's pixels in a frame.
    ///
    /// - Throws: ``COCOFault`` if the shape is no shape, or is of another frame.
    func mask(in frame: ImageFrame) throws(COCOFault) -> BinaryMask {
        var mask = BinaryMask(width: frame.width, height: frame.height)
        switch self {
        case .polygons(let polygons):
            guard !polygons.isEmpty else { throw COCOFault("'segmentation' is empty") }
            var budget = COCOOutline.stepLimit
            for polygon in polygons {
                let outline = try COCOOutline(polygon)
                mask.formUnion(try outline.mask(in: frame, budget: &budget))
            }
        case .runs(let parts):
            for part in parts { mask.formUnion(try part.mask(in: frame)) }
        }
        return mask
    }

    /// The object's pixels, resized to a frame, each part from its own.
    ///
    /// - Parameters:
    ///   - frame: the frame that the mask gets
    ///   - stated: the frame that outlines are in, which do not say it
    /// - Returns: the mask, and the frames of its parts
    /// - Throws: ``COCOFault`` if the shape is no shape
    func mask(
        resizedTo frame: ImageFrame, from stated: ImageFrame
    ) throws(COCOFault) -> (mask: BinaryMask, frames: [ImageFrame]) {
        guard case .runs(let parts) = self else {
            return (try mask(in: stated).resized(to: frame), [stated])
        }
        var mask = BinaryMask(width: frame.width, height: frame.height)
        var frames: [ImageFrame] = []
        for part in parts {
            let own = try part.frame
            frames.append(own)
            mask.formUnion(try part.mask(in: own).resized(to: frame))
        }
        return (mask, frames)
    }
}

/// Why a segmentation of an annotation file is not one.
struct COCOFault: Error, Hashable {
    /// What is wrong, as the rest of a sentence about the annotation.
    let problem: String

    init(_ problem: String) { self.problem = problem }
}

/// Runs of pixels, outside and inside in turns, down the columns from the left one on.
struct COCORuns: Hashable, Sendable {
    enum Counts: Hashable, Sendable {
        case list([Int])
        /// As ``COCORuns/expanded(_:)`` reads them.
        case text(String)
    }

    /// Rows, then columns.
    let size: [Int]
    let counts: Counts

    /// The frame that the runs are in.
    var frame: ImageFrame {
        get throws(COCOFault) {
            guard size.count == 2, let frame = ImageFrame(stated: size[1], size[0]) else {
                throw COCOFault("'size' of the RLE, \(size), is that of no image")
            }
            return frame
        }
    }

    /// The pixels of the runs inside.
    func mask(in frame: ImageFrame) throws(COCOFault) -> BinaryMask {
        guard size.count == 2 else {
            throw COCOFault("'size' of the RLE has \(size.count) numbers, not two")
        }
        guard size == [frame.height, frame.width] else {
            throw COCOFault(
                "the RLE is \(size[1]) x \(size[0]), the image is \(frame.text)")
        }
        let runs: [Int]
        switch counts {
        case .list(let list): runs = list
        case .text(let text): runs = try Self.expanded(text)
        }
        var mask = ColumnMask(frame)
        var place = 0
        for (index, run) in runs.enumerated() {
            guard run >= 0, run <= frame.area - place else {
                throw COCOFault(
                    run < 0
                        ? "run \(index + 1) of the RLE is negative"
                        : "the RLE has more than the \(frame.area) pixels of \(frame.text)")
            }
            if !index.isMultiple(of: 2) { mask.fill(place..<place + run) }
            place += run
        }
        guard place == frame.area else {
            throw COCOFault("the RLE has \(place) pixels, \(frame.text) are \(frame.area)")
        }
        return mask.mask
    }

    /// The runs in a text.
    ///
    /// Each number is written in digits of 5 bits, the lowest first; a digit is a character from
    /// "0" (48) on, 32 more if another one follows. The highest bit of the last digit is the sign.
    /// From the fourth number on, what is written is the difference to the number two before.
    static func expanded(_ text: String) throws(COCOFault) -> [Int] {
        var runs: [Int] = []
        var number = 0
        var shift = 0
        for byte in text.utf8 {
            guard (48..<112).contains(byte) else {
                throw COCOFault(
                    "the RLE has the character \(Unicode.Scalar(byte).debugDescription), which "
                        + "stands for nothing")
            }
            guard shift < 60 else { throw COCOFault("a run of the RLE is too long for any image") }
            let digit = Int(byte) - 48
            number |= (digit & 0x1F) << shift
            shift += 5
            if digit & 0x20 != 0 { continue }
            if digit & 0x10 != 0 { number -= 1 << shift }
            if runs.count > 2 { number &+= runs[runs.count - 2] }
            runs.append(number)
            (number, shift) = (0, 0)
        }
        guard shift == 0 else { throw COCOFault("the RLE is cut short") }
        return runs
    }
}

extension ImageFrame {
    /// A frame that an annotation file states; nil for one of no image.
    init?(stated width: Int, _ height: Int) {
        let sides = 1...65_536
        guard sides.contains(width), sides.contains(height), width * height <= 1 << 28 else {
            return nil
        }
        self.init(width: width, height: height)
    }
}

/// A mask that is filled down the columns.
struct ColumnMask {
    private(set) var mask: BinaryMask

    init(_ frame: ImageFrame) { mask = BinaryMask(width: frame.width, height: frame.height) }

    /// Adds the pixels with these numbers: 0 is the upper left one, 1 the one below it.
    mutating func fill(_ places: Range<Int>) {
        guard !places.isEmpty else { return }
        var (x, y) = places.lowerBound.quotientAndRemainder(dividingBy: mask.height)
        for _ in places {
            mask[x, y] = true
            y += 1
            if y == mask.height { (x, y) = (x + 1, 0) }
        }
    }
}
