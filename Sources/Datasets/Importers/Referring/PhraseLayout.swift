import Imaging

/// A data set of lists of phrases, a folder of images and one of masks.
public struct PhraseLayout: Sendable {
    /// The data set's name, which the shards keep.
    var dataset: String
    /// The folder of the images.
    var images: String
    /// The folder of the masks.
    var masks: String
    /// What follows an image's name in the lists to make a file's name.
    var suffix: String
    /// What of a name in the lists is the beginning of an id.
    var stem: @Sendable (String) -> String
    /// The target's pixels, or why the label has none.
    var target: @Sendable (LabelPlanes) -> Result<BinaryMask, LabelFault>

    static func list(_ split: String) -> String { "output_phrase_\(split).txt" }

    /// RefSegRS.
    ///
    /// ```
    /// ROOT/output_phrase_{train,val,test}.txt     lines "ID phrase"
    /// ROOT/images/ID.tif
    /// ROOT/masks/ID.tif                           target where the first channel is above 0
    /// ```
    ///
    /// A sample's id is `ID-LINE`. Images become PNG files of the same pixels.
    public static let refSegRS = PhraseLayout(
        dataset: "RefSegRS", images: "images", masks: "masks", suffix: ".tif", stem: { $0 },
        target: { planes in
            guard !planes.isPalette else {
                return .failure(
                    LabelFault(
                        "the mask has a palette; red, green and blue are expected, or --label-values "
                            + "that says which indices are target"))
            }
            return .success(planes.channels[0])
        })

    /// RISBench.
    ///
    /// ```
    /// ROOT/output_phrase_{train,val,test}.txt     lines "FILE phrase"
    /// ROOT/img_rgb/FILE
    /// ROOT/mask/FILE                              target where the value is above 0
    /// ```
    ///
    /// A sample's id is `NAME-LINE`, `NAME` being the file's name without the picture's ending. A mask is
    /// gray or has a palette, whose indices count; red, green and blue must agree.
    public static let risBench = PhraseLayout(
        dataset: "RISBench", images: "img_rgb", masks: "mask", suffix: "",
        stem: { PictureName.stem($0) },
        target: { planes in
            guard !planes.hasAlpha else {
                return .failure(
                    LabelFault("the mask has an alpha channel; save it without one"))
            }
            guard planes.channels.allSatisfy({ $0 == planes.channels[0] }) else {
                return .failure(
                    LabelFault(
                        "the channels of the mask are above 0 at different pixels; save it as gray, or "
                            + "say with --threshold or --label-values what is target")
                )
            }
            return .success(planes.channels[0])
        })
}
