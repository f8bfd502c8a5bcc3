// swift-tools-version: 6.2
import PackageDescription

// The targets by layers, as the comments "// Layer N" say; a target depends on lower layers only, which
// scripts/check-storeys holds. Documentation/architecture.md shows them, and says what each one owns.
//
// THINK2SEG_WITHOUT_TORCH=1 leaves out everything that needs libtorch: the pure targets
// build and test on a machine that has none.

let withTorch = Context.environment["THINK2SEG_WITHOUT_TORCH"] == nil
let libtorch = Context.packageDirectory + "/.libtorch"
/// Where scripts/setup writes down which libtorch may be compiled against, and what is linked.
let checked = Context.packageDirectory + "/.deps/libtorch-checked"
let jinja = Context.packageDirectory + "/.jinja"

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
/// For targets that loop over pixels and bytes: optimised in debug builds too, where they
/// would be fifty times slower.
let optimized = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let torchCompile: [CXXSetting] = [
    .unsafeFlags([
        "-isystem", libtorch + "/include", "-I", checked, "-std=c++20",
        "-Wall", "-Wextra", "-Wshadow", "-Werror",
    ]),
    .unsafeFlags(["-O2"], .when(configuration: .debug)),
]
let torchLink: [LinkerSetting] = [
    .unsafeFlags([
        "-L" + libtorch + "/lib", "-Xlinker", "-rpath", "-Xlinker", libtorch + "/lib",
        // Nothing refers to torch_cuda by name: without this the linker drops it, and libtorch then
        // says that it was built without CUDA. SwiftPM does not see that a file which it reads for this
        // manifest has changed, so scripts/setup writes down which libraries there are.
        "-L" + checked, "-Xlinker", "--no-as-needed", "-ltorch_devices", "-Xlinker", "--as-needed",
    ]),
    .linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
]

/// The C library's allocator gives large tensors back to the system at once, which then fills their
/// pages with zeros anew, and makes threads wait for each other; gperftools' does neither.
let allocator: [LinkerSetting] = [
    .unsafeFlags(
        ["-Xlinker", "--no-as-needed", "-ltcmalloc_minimal", "-Xlinker", "--as-needed"],
        .when(platforms: [.linux]))
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

var targets: [Target] = [
    // Layer 0  the C faces of libraries
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
        name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
    .systemLibrary(
        name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
    // Layer 1  what needs no other room
    .target(
        name: "CImageCodecs", dependencies: ["CPNG", "CZlib", "CTurboJPEG", "CTIFF"],
        cSettings: [
            .unsafeFlags(["-Wall", "-Wextra", "-Wshadow", "-Werror"]),
            .unsafeFlags(["-O2"], .when(configuration: .debug)),
        ]),
    .target(
        name: "CChecksums",
        cSettings: [
            .unsafeFlags(["-Wall", "-Wextra", "-Wshadow", "-Werror"]),
            .unsafeFlags(["-O2"], .when(configuration: .debug)),
        ]),
    .target(
        name: "CChatTemplate",
        cxxSettings: [
            .unsafeFlags([
                "-isystem", jinja + "/include", "-Wall", "-Wextra", "-Wshadow", "-Werror",
            ]),
            .unsafeFlags(["-O2"], .when(configuration: .debug)),
        ],
        linkerSettings: [.unsafeFlags(["-L" + jinja + "/lib"]), .linkedLibrary("jinja")]),
    .target(name: "TextFiles", swiftSettings: optimized),
    .target(name: "Pickles", swiftSettings: optimized),
    // Layer 2  errors in words
    .target(name: "SystemErrors", dependencies: ["TextFiles"], swiftSettings: strict),
    // Layer 3  pixels, and words as numbers
    .target(
        name: "Imaging", dependencies: ["CImageCodecs", "CZlib", "SystemErrors"],
        swiftSettings: optimized),
    .target(
        name: "Tokenizers", dependencies: ["SystemErrors", "TextFiles"], swiftSettings: optimized),
    // Layer 4  conversations; samples
    .target(
        name: "ChatTemplates",
        dependencies: ["CChatTemplate", "Tokenizers", "SystemErrors", "TextFiles"],
        swiftSettings: strict),
    .target(
        name: "Datasets",
        dependencies: [
            "CHDF5", "CZlib", "CChecksums", "Imaging", "Pickles", "SystemErrors", "TextFiles",
        ],
        swiftSettings: optimized),
    // Layer 5  answers
    .target(
        name: "Segmentation", dependencies: ["Imaging", "ChatTemplates", "Tokenizers"],
        swiftSettings: optimized),
    // Layer 6  what is made of them
    .target(name: "Rewards", dependencies: ["Segmentation", "Imaging"], swiftSettings: strict),
    .target(name: "Evaluation", dependencies: ["Datasets", "Imaging"], swiftSettings: optimized),
    .target(name: "Reports", dependencies: ["Imaging"], swiftSettings: optimized),
    .target(
        name: "EventFiles", dependencies: ["Datasets", "Imaging", "SystemErrors", protobuf],
        exclude: ["event.proto"], swiftSettings: optimized),

    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: optimized),
    .testTarget(
        name: "ImagingTests", dependencies: ["TestSupport", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "TextFilesTests", dependencies: ["TextFiles"], swiftSettings: strict),
    .testTarget(
        name: "TokenizersTests", dependencies: ["TestSupport", "Tokenizers"],
        swiftSettings: strict),
    .testTarget(
        name: "ChatTemplatesTests",
        dependencies: ["TestSupport", "ChatTemplates", "CChatTemplate", "Tokenizers"],
        swiftSettings: strict),
    .testTarget(
        name: "SegmentationTests",
        dependencies: ["TestSupport", "Segmentation", "Tokenizers", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "PicklesTests", dependencies: ["TestSupport", "Pickles"], swiftSettings: strict),
    .testTarget(
        name: "DatasetsTests",
        dependencies: ["TestSupport", "Datasets", "CChecksums", "CZlib", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "EvaluationTests",
        dependencies: ["Evaluation", "Datasets", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "ReportsTests", dependencies: ["TestSupport", "Reports", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "EventFilesTests", dependencies: ["TestSupport", "EventFiles"],
        swiftSettings: strict),
    .testTarget(
        name: "RewardsTests", dependencies: ["TestSupport", "Rewards", "Segmentation", "Imaging"],
        swiftSettings: strict),
]

if withTorch {
    targets += [
        // Layer 1
        .target(name: "CTorchShim", cxxSettings: torchCompile, linkerSettings: torchLink),
        // Layer 2
        .target(name: "Torch", dependencies: ["CTorchShim", "Pickles"], swiftSettings: optimized),
        // Layer 3
        .target(name: "NN", dependencies: ["Torch", "TextFiles"], swiftSettings: strict),
        // Layer 7  models and the trainer
        .target(
            name: "Qwen25VL",
            dependencies: ["NN", "Torch", "Tokenizers", "Imaging", "SystemErrors", "TextFiles"],
            swiftSettings: strict),
        .target(
            name: "SAM2",
            dependencies: ["NN", "Torch", "Segmentation", "Imaging", "SystemErrors", "TextFiles"],
            swiftSettings: strict),
        .target(
            name: "RLTrainer",
            dependencies: ["NN", "Torch", "Datasets", "Rewards", "Segmentation", "Imaging"],
            swiftSettings: strict),
        // Layer 8  what comes before reinforcement learning
        .target(
            name: "Supervised",
            dependencies: [
                "Qwen25VL", "SAM2", "NN", "Torch", "Datasets", "Segmentation", "Tokenizers",
                "Imaging",
            ], swiftSettings: strict),
        // Layer 9  the recipes
        .target(
            name: "Recipes",
            dependencies: [
                "Supervised", "Evaluation", "Reports", "EventFiles", "RLTrainer", "Qwen25VL",
                "SAM2", "NN", "Torch", "Datasets", "Rewards",
                "Segmentation", "ChatTemplates", "Tokenizers", "Imaging", "SystemErrors",
                "TextFiles",
                "CLibcrypto", yams,
            ], swiftSettings: strict),
        // Layer 10  the commands
        .executableTarget(
            name: "think2seg",
            dependencies: [
                "Recipes", "Supervised", "Evaluation", "RLTrainer", "SAM2", "Datasets",
                "Rewards", "Segmentation", "Tokenizers", "Imaging", "SystemErrors", "TextFiles",
                "Torch",
                argumentParser,
            ],
            swiftSettings: strict, linkerSettings: allocator),

        .testTarget(
            name: "CommandTests",
            dependencies: ["TestSupport", "think2seg", "Recipes", argumentParser],
            swiftSettings: strict),

        // Not a part of the command: scripts/fuzz runs it.
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "TestSupport", "Recipes", "NN", "Torch", "Datasets", "Rewards", "Segmentation",
                "Imaging",
            ], path: "Tests/Fuzz", swiftSettings: strict),
        // What scripts/check-libtorch compiles by itself; a process of its own, as it changes settings of all.
        .executableTarget(
            name: "libtorch-operations", dependencies: ["CTorchShim"], path: "Tests/Operations",
            exclude: ["numbers.tsv"],
            cxxSettings: [
                // Without the flag, clang takes the C face for a C++20 module that was not built.
                .unsafeFlags(["-fno-cxx-modules", "-Wall", "-Wextra", "-Wshadow", "-Werror"])
            ], linkerSettings: [.linkedLibrary("m")]),

        .testTarget(
            name: "CTorchShimTests", dependencies: ["CTorchShim"],
            swiftSettings: strict),
        .testTarget(
            name: "TorchTests", dependencies: ["TestSupport", "Torch"], swiftSettings: strict),
        .testTarget(
            name: "NNTests", dependencies: ["TestSupport", "NN", "Torch"], swiftSettings: strict),
        .testTarget(
            name: "Qwen25VLTests",
            dependencies: [
                "TestSupport", "Qwen25VL", "RLTrainer", "NN", "Torch", "Tokenizers", "Imaging",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SAM2Tests",
            dependencies: ["TestSupport", "SAM2", "NN", "Torch", "Segmentation", "Imaging"],
            swiftSettings: strict),
        .testTarget(
            name: "RLTrainerTests",
            dependencies: [
                "TestSupport", "RLTrainer", "NN", "Torch", "Datasets", "Rewards", "Segmentation",
                "Imaging",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SupervisedTests",
            dependencies: [
                "TestSupport", "Supervised", "Qwen25VL", "SAM2", "NN", "Torch", "Datasets",
                "Segmentation", "Tokenizers", "Imaging",
            ], swiftSettings: strict),
        .testTarget(
            name: "RecipesTests",
            dependencies: [
                "TestSupport", "Recipes", "Supervised", "Evaluation", "EventFiles",
                "RLTrainer", "Qwen25VL", "SAM2", "NN", "Torch",
                "Datasets", "Rewards",
                "Segmentation", "ChatTemplates", "Tokenizers", "Imaging", "SystemErrors",
            ],
            swiftSettings: strict),
    ]
}

let package = Package(
    name: "think2seg",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: targets,
    cxxLanguageStandard: .cxx20
)
