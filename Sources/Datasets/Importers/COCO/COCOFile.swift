import Foundation
import SystemErrors
import TextFiles

extension COCOSegmentation: Decodable {
    /// Reads polygons (lists of numbers), a run-length encoding (`size` and `counts`), or a list of
    /// either.
    init(from decoder: any Decoder) throws {
        if let runs = try? COCORuns(from: decoder) {
            self = .runs([runs])
            return
        }
        let container = try decoder.singleValueContainer()
        if let polygons = try? container.decode([[Double]].self) {
            self = .polygons(polygons)
        } else if let runs = try? container.decode([COCORuns].self) {
            self = .runs(runs)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'segmentation' is neither polygons (lists of numbers) nor "
                    + "run-length encodings ('size' and 'counts')")
        }
    }
}

extension COCORuns: Decodable {
    private enum Key: String, CodingKey { case size, counts }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        size = try container.decode([Int].self, forKey: .size)
        if let text = try? container.decode(String.self, forKey: .counts) {
            counts = .text(text)
        } else {
            counts = .list(try container.decode([Int].self, forKey: .counts))
        }
    }
}

/// An annotation file in COCO's format, as far as it is needed.
struct COCOFile: Decodable, Sendable {
    struct Image: Decodable, Sendable {
        var id: Int
        var fileName: String
        var width: Int
        var height: Int

        private enum CodingKeys: String, CodingKey {
            case id, width, height
            case fileName = "file_name"
        }
    }

    struct Annotation: Decodable, Sendable {
        var id: Int
        var imageID: Int
        var categoryID: Int
        /// What is wrong with the segmentation, if it is none.
        var segmentation: Result<COCOSegmentation, COCOFault>

        private enum Key: String, CodingKey {
            case id, segmentation
            case imageID = "image_id"
            case categoryID = "category_id"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            id = try container.decode(Int.self, forKey: .id)
            imageID = try container.decode(Int.self, forKey: .imageID)
            categoryID = try container.decode(Int.self, forKey: .categoryID)
            do {
                segmentation = .success(
                    try container.decode(COCOSegmentation.self, forKey: .segmentation))
            } catch DecodingError.keyNotFound {
                segmentation = .failure(COCOFault("'segmentation' is missing"))
            } catch DecodingError.dataCorrupted(let context) {
                segmentation = .failure(COCOFault(context.debugDescription))
            }
        }
    }

    struct Category: Decodable, Sendable {
        var id: Int
        var name: String
    }

    var images: [Image]
    var annotations: [Annotation]
    var categories: [Category]
}
