public import Imaging

/// An object of a scene.
public struct SceneInstance: Sendable, Hashable {
    /// What it is.
    public var sceneClass: SceneClass
    /// Its visible pixels in the frame of the picture, without shadow and wake.
    public var mask: BinaryMask
    /// The box around `mask` in pixels; the right and lower edges are after the last pixel.
    public var box: Box
}

/// A picture with its objects and what is asked about it.
public struct Scene: Sendable, Hashable {
    /// The number of the scene in its series.
    public var index: Int
    /// The picture.
    public var image: RGBImage
    /// The objects, in the order of their classes and then of their places, left to right.
    public var instances: [SceneInstance]
    /// The class that the questions ask for; it is absent in a no-target scene.
    public var askedClass: SceneClass
    /// What the questions are drawn from.
    public var questionSeed: UInt64

    /// The objects of a class, left to right.
    public func instances(of sceneClass: SceneClass) -> [SceneInstance] {
        instances.filter { $0.sceneClass == sceneClass }
    }

    /// The classes that the picture shows, in their declared order.
    public var presentClasses: [SceneClass] {
        SceneClass.allCases.filter { candidate in
            instances.contains { $0.sceneClass == candidate }
        }
    }

    /// All pixels of the objects of a class, in the frame of the picture.
    public func mask(of sceneClass: SceneClass) -> BinaryMask {
        var union = BinaryMask(width: image.width, height: image.height)
        for instance in instances(of: sceneClass) { union.formUnion(instance.mask) }
        return union
    }
}
