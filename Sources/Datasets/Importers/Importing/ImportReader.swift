import Imaging

/// Reads the images and labels of an import as it was told to.
struct ImportReader {
    let choices: ImportChoices
    let survey: ImportSurvey
    let pictures: ImportPictures

    /// A reader of an import's files.
    init(_ choices: ImportChoices) {
        self.choices = choices
        survey = ImportSurvey(choices)
        pictures = ImportPictures(choices.stretch)
    }

    /// The pixels of the target in a label's file, and those that do not count.
    ///
    /// A label is turned only as its own file states, never as its image's does.
    ///
    /// - Parameters:
    ///   - path: the label's file
    ///   - decide: the data set's way to make a mask of channels
    /// - Returns: the masks, in the label's frame
    /// - Throws: ``ImportDefect``
    func label(
        _ path: String, _ decide: (LabelPlanes) -> Result<BinaryMask, LabelFault>
    ) throws(ImportDefect) -> LabelMasks {
        let (samples, stated): (LabelSamples, ImageOrientation)
        do {
            let bytes = try ImageCodec.read(path: path)
            stated = ImageOrientation.stated(in: bytes)
            samples = try ImageCodec.decodeLabelSamples(
                bytes, name: path, turning: choices.exif == .apply)
        } catch {
            throw ImportDefect(file: path, message: "\(error.what); \(error.hint)")
        }
        if let unheld = samples.unheld {
            throw ImportDefect(
                file: path,
                message:
                    "values of labels are whole numbers from 0 to 65535, and it has \(unheld); "
                    + "save it with such numbers, what nobody knows as one of its own for "
                    + "--ignore-values")
        }
        survey.addLabel(path, samples, stated)
        do {
            let masks = try choices.labels.decide(samples, decide)
            let turn = choices.exif.applied(stated).symmetry
            return LabelMasks(
                target: turn(masks.target), ignored: masks.ignored.map(turn.callAsFunction),
                stated: stated)
        } catch {
            throw ImportDefect(file: path, message: error.problem)
        }
    }

    /// How an image's file is to be turned, and what it states.
    func orientation(of bytes: [UInt8], path: String) -> ImageOrientation {
        let stated = ImageOrientation.stated(in: bytes)
        // A TIFF file whose orientation is not heeded is an error, and not a warning too.
        if !ImageCodec.isTIFF(bytes) { survey.addImage(path, stated) }
        return stated
    }

    /// A label in the size of its image, resized to it if the import was told so.
    ///
    /// One with its sides the other way round is turned, not off in size, and is not resized.
    ///
    /// - Throws: ``ImportDefect`` that names both sizes, and the orientation if it can be the reason
    func fitted(
        _ masks: LabelMasks, _ kind: String, path: String, image: ImageFrame,
        stated: ImageOrientation
    ) throws(ImportDefect) -> LabelMasks {
        let frame = masks.target.frame
        if frame == image { return masks }
        guard choices.resizesMasks, !isTurned(frame, image) else {
            throw ImportDefect(
                file: path,
                message: "the \(kind) is \(frame.text), the image is \(image.text)"
                    + orientationHint(stated) + ownHint(masks.stated) + resizeHint(frame, image))
        }
        survey.addResized(file: path, from: frame, to: image)
        return LabelMasks(
            target: masks.target.resized(to: image), ignored: masks.ignored?.resized(to: image),
            stated: masks.stated)
    }

    /// Whether one size is the other with its sides swapped.
    func isTurned(_ one: ImageFrame, _ other: ImageFrame) -> Bool {
        one.width == other.height && one.height == other.width
    }

    /// The option that helps where sizes differ.
    func resizeHint(_ mask: ImageFrame, _ image: ImageFrame) -> String {
        choices.resizesMasks || isTurned(mask, image)
            ? "" : "; import with --resize-masks to resize masks to their images"
    }

    /// What a difference in size may come from that the label's own file states.
    private func ownHint(_ stated: ImageOrientation) -> String {
        guard stated.swapsSides else { return "" }
        return choices.exif == .ignore
            ? "; the label's own EXIF orientation is \(stated.rawValue) (to be \(stated.words)): import "
                + "with --exif apply to turn it"
            : "; the label was turned as its own EXIF orientation \(stated.rawValue) says: save it "
                + "without one if it is as it should be"
    }

    /// What a difference in size may come from.
    func orientationHint(_ stated: ImageOrientation) -> String {
        guard stated.swapsSides else { return "" }
        return choices.exif == .ignore
            ? "; the image's EXIF orientation is \(stated.rawValue) (to be \(stated.words)), which "
                + "swaps its sides: import with --exif apply to turn it"
            : "; the image was turned as its EXIF orientation \(stated.rawValue) says: import with "
                + "--exif ignore to take it as it is stored"
    }
}

/// What a label says about the pixels of its image.
struct LabelMasks {
    /// The target.
    var target: BinaryMask
    /// What does not count; nil where everything does.
    var ignored: BinaryMask?
    /// The orientation that the label's own file states.
    var stated = ImageOrientation.upright
}

/// Why a label file has no mask.
struct LabelFault: Error {
    let problem: String

    init(_ problem: String) { self.problem = problem }
}
