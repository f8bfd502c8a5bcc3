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
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(
        name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
    .systemLibrary(
        name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Layer 1  what needs no other room
    .target(
        name: "CChatTemplate",
        cxxSettings: [
            .unsafeFlags([
                "-isystem", jinja + "/include", "-Wall", "-Wextra", "-Wshadow", "-Werror",
            ]),
            .unsafeFlags(["-O2"], .when(configuration: .debug)),
        ],
        linkerSettings: [.unsafeFlags(["-L" + jinja + "/lib"]), .linkedLibrary("jinja")]),
    .target(
        name: "CChecksums",
        cSettings: [
            .unsafeFlags(["-Wall", "-Wextra", "-Wshadow", "-Werror"]),
            .unsafeFlags(["-O2"], .when(configuration: .debug)),
        ]),
    .target(
        name: "CImageCodecs", dependencies: ["CPNG", "CTIFF", "CTurboJPEG", "CZlib"],
        cSettings: [
            .unsafeFlags(["-Wall", "-Wextra", "-Wshadow", "-Werror"]),
            .unsafeFlags(["-O2"], .when(configuration: .debug)),
        ]),
    .target(name: "FileSystem", swiftSettings: strict),
    .target(
        name: "HDF5", dependencies: ["CHDF5", "CZlib"], path: "Sources/Datasets/HDF5",
        swiftSettings: optimized),
    .target(name: "Pickles", swiftSettings: optimized),
    .target(name: "SourceCommit", swiftSettings: strict, plugins: ["WriteCommit"]),
    .target(name: "Programs", swiftSettings: strict),
    .target(name: "TextFiles", swiftSettings: optimized),
    // Writes down at every build the commit that the sources are of.
    .plugin(name: "WriteCommit", capability: .buildTool()),
    // Layer 2  errors in words, checksums, tensors
    .target(name: "Checksums", dependencies: ["CChecksums"], swiftSettings: optimized),
    .target(name: "SystemErrors", dependencies: ["TextFiles"], swiftSettings: strict),
    // Layer 3  files, pictures, text as tokens, layers of networks
    .target(
        name: "Files", dependencies: ["CLibcrypto", "FileSystem", "SystemErrors", "TextFiles"],
        swiftSettings: strict),
    .target(
        name: "Imaging", dependencies: ["CImageCodecs", "CZlib", "FileSystem", "SystemErrors"],
        swiftSettings: optimized),
    .target(
        name: "Tokenizers", dependencies: ["FileSystem", "SystemErrors", "TextFiles"],
        swiftSettings: optimized),
    // Layer 4  keys of configurations, samples, conversations, pages, events
    .target(
        name: "ChatTemplates",
        dependencies: ["CChatTemplate", "SystemErrors", "TextFiles", "Tokenizers"],
        swiftSettings: strict),
    .target(
        name: "Configuration", dependencies: ["Files", "TextFiles", yams],
        path: "Sources/Recipes/Configuration", swiftSettings: strict),
    .target(
        name: "Datasets", dependencies: ["Imaging"], path: "Sources/Datasets",
        exclude: ["HDF5", "Shards", "Scenes", "Importers"], swiftSettings: optimized),
    .target(
        name: "EventFiles", dependencies: ["Checksums", "Imaging", protobuf, "SystemErrors"],
        exclude: ["event.proto"], swiftSettings: optimized),
    .target(name: "Reports", dependencies: ["Imaging"], swiftSettings: optimized),
    .target(
        name: "Trackers", dependencies: ["Files", "Programs", "TextFiles"], swiftSettings: strict),
    // Layer 5  folders of runs, shards, drawn scenes, answers, measures, models of pictures and text
    .target(
        name: "Evaluation",
        dependencies: [
            "Configuration", "Datasets", "Imaging", "TextFiles", yams,
        ],
        swiftSettings: optimized),
    .target(
        name: "Scenes", dependencies: ["Datasets", "Imaging"], path: "Sources/Datasets/Scenes",
        swiftSettings: optimized),
    .target(
        name: "Segmentation",
        dependencies: ["ChatTemplates", "Imaging", "TextFiles", "Tokenizers"],
        swiftSettings: optimized),
    .target(
        name: "Shards",
        dependencies: ["Checksums", "Datasets", "FileSystem", "HDF5", "Imaging", "TextFiles"],
        path: "Sources/Datasets/Shards", swiftSettings: optimized),
    // Layer 6  families of policies, masks from prompts, rewards, importers
    .target(
        name: "Importers",
        dependencies: [
            "Datasets", "Files", "Imaging", "Pickles", "Shards", "SystemErrors", "TextFiles",
        ],
        path: "Sources/Datasets/Importers", swiftSettings: optimized),
    .target(
        name: "Pictures", dependencies: ["Datasets", "Imaging", "Segmentation"],
        path: "Sources/Recipes/Pictures", swiftSettings: strict),
    .target(
        name: "Rewards", dependencies: ["Files", "Imaging", "Programs", "Segmentation"],
        swiftSettings: strict),

    // The tests of these
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: optimized),
    .target(
        name: "DatasetsTestSupport", dependencies: ["Datasets", "Imaging", "Shards"],
        path: "Tests/DatasetsSupport", swiftSettings: strict),
    .target(
        name: "FilesTestSupport",
        dependencies: ["Configuration", "TestSupport"], path: "Tests/FilesSupport",
        swiftSettings: strict),
    .testTarget(
        name: "ChatTemplatesTests",
        dependencies: ["CChatTemplate", "ChatTemplates", "TestSupport", "Tokenizers"],
        swiftSettings: strict),
    .testTarget(
        name: "ChecksumsTests", dependencies: ["CChecksums", "Checksums", "Datasets"],
        swiftSettings: strict),
    .testTarget(
        name: "DatasetsTests", dependencies: ["Datasets", "DatasetsTestSupport", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "EvaluationTests", dependencies: ["Datasets", "Evaluation", "Imaging"],
        swiftSettings: strict),
    .testTarget(
        name: "EventFilesTests", dependencies: ["EventFiles", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "FileSystemTests", dependencies: ["FileSystem"], swiftSettings: strict),
    .testTarget(
        name: "ImagingTests", dependencies: ["Imaging", "TestSupport"], swiftSettings: strict),
    .testTarget(
        name: "ImportersTests",
        dependencies: [
            "Datasets", "DatasetsTestSupport", "Imaging", "Importers", "Shards", "TestSupport",
        ], swiftSettings: strict),
    .testTarget(
        name: "PicklesTests", dependencies: ["Pickles", "TestSupport"], swiftSettings: strict),
    .testTarget(
        name: "ReportsTests", dependencies: ["Imaging", "Reports", "TestSupport"],
        swiftSettings: strict),
    .testTarget(
        name: "RewardsTests",
        dependencies: ["Imaging", "Programs", "Rewards", "Segmentation", "TestSupport"],
        swiftSettings: strict),
    .testTarget(
        name: "ScenesTests", dependencies: ["Datasets", "Imaging", "Scenes"], swiftSettings: strict),
    .testTarget(
        name: "SegmentationTests",
        dependencies: ["Imaging", "Segmentation", "TestSupport", "Tokenizers"],
        swiftSettings: strict),
    .testTarget(
        name: "ShardsTests",
        dependencies: [
            "CZlib", "Datasets", "DatasetsTestSupport", "HDF5", "Imaging", "Shards", "TestSupport",
        ], swiftSettings: strict),
    .testTarget(
        name: "SystemErrorsTests",
        dependencies: ["FilesTestSupport", "SystemErrors", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "TextFilesTests", dependencies: ["TextFiles"], swiftSettings: strict),
    .testTarget(
        name: "TrackersTests", dependencies: ["Files", "FilesTestSupport", "Trackers"],
        swiftSettings: strict),
    .testTarget(
        name: "TokenizersTests", dependencies: ["TestSupport", "Tokenizers"], swiftSettings: strict),
]

/// What needs libtorch; the layers go on in here.
let withLibtorch: [Target] = [
    // Layer 1  what needs no other room
    .target(name: "CTorchShim", cxxSettings: torchCompile, linkerSettings: torchLink),
    // Layer 2  errors in words, checksums, tensors
    .target(
        name: "Torch", dependencies: ["CTorchShim", "FileSystem", "Pickles"],
        swiftSettings: optimized),
    // Layer 3  files, pictures, text as tokens, layers of networks
    .target(name: "NN", dependencies: ["FileSystem", "TextFiles", "Torch"], swiftSettings: strict),
    // Layer 4  keys of configurations, samples, conversations, pages, events, adapters
    .target(
        name: "Adapters", dependencies: ["NN", "SystemErrors", "TextFiles", "Tokenizers", "Torch"],
        swiftSettings: strict),
    // Layer 5  folders of runs, shards, drawn scenes, answers, measures, models of pictures and text
    .target(
        name: "Runs",
        dependencies: [
            "Datasets", "EventFiles", "Files", "SystemErrors", "TextFiles",
            "Torch", "Trackers",
        ], path: "Sources/Recipes/Runs", swiftSettings: strict),
    .target(
        name: "SharedSettings",
        dependencies: [
            "Configuration", "NN", "TextFiles", "Torch", "Trackers", yams,
        ],
        path: "Sources/Recipes/SharedSettings", swiftSettings: strict),
    .target(
        name: "VisionLanguage",
        dependencies: [
            "Adapters", "ChatTemplates", "Imaging", "NN", "SystemErrors", "TextFiles", "Tokenizers",
            "Torch",
        ], swiftSettings: strict),
    // Layer 6  families of policies, masks from prompts, rewards, importers
    .target(
        name: "PolicyFamilies",
        dependencies: [
            "Adapters", "ChatTemplates", "Imaging", "NN", "Tokenizers", "Torch", "VisionLanguage",
        ],
        swiftSettings: strict),
    .target(
        name: "PromptedMasks",
        dependencies: [
            "FileSystem", "Imaging", "NN", "Segmentation", "SystemErrors", "TextFiles", "Torch",
        ],
        swiftSettings: strict),
    // Layer 7  the trainer, families of segmenters, kept embeddings
    .target(
        name: "RLTrainer",
        dependencies: ["Datasets", "Files", "Imaging", "NN", "Rewards", "Segmentation", "Torch"],
        swiftSettings: strict),
    .target(name: "SAM2", dependencies: ["NN", "PromptedMasks", "Torch"], swiftSettings: strict),
    .target(
        name: "Embeddings",
        dependencies: [
            "Configuration", "Files", "FileSystem", "Imaging", "PromptedMasks", "Segmentation",
            "SharedSettings", "SystemErrors", "Torch",
        ], path: "Sources/Recipes/Embeddings", swiftSettings: strict),
    // Layer 8  models by their type, what a step costs, what is learnt before
    .target(
        name: "Costs",
        dependencies: [
            "NN", "PromptedMasks", "RLTrainer", "Segmentation", "TextFiles", "Torch",
            "VisionLanguage",
        ], path: "Sources/Recipes/Costs", swiftSettings: strict),
    .target(
        name: "Policies",
        dependencies: [
            "Adapters", "ChatTemplates", "Configuration", "Files", "Imaging", "NN",
            "PolicyFamilies",
            "RLTrainer", "Segmentation", "SharedSettings", "TextFiles", "Tokenizers", "Torch",
            "VisionLanguage", yams,
        ], path: "Sources/Recipes/Policies", swiftSettings: strict),
    .target(
        name: "Segmenters", dependencies: ["PromptedMasks", "SAM2", "Torch"], swiftSettings: strict),
    .target(
        name: "Supervised",
        dependencies: [
            "Datasets", "Imaging", "NN", "PromptedMasks", "SAM2", "Segmentation", "Tokenizers",
            "Torch", "VisionLanguage",
        ], swiftSettings: strict),
    .target(
        name: "Verification",
        dependencies: ["Files", "RLTrainer", "SystemErrors", "TextFiles", "Torch"],
        path: "Sources/Recipes/Verification", swiftSettings: strict),
    // Layer 9  what a run is told
    .target(
        name: "Settings",
        dependencies: [
            "Configuration", "Datasets", "Embeddings", "Evaluation", "NN", "Policies", "Rewards",
            "RLTrainer", "SharedSettings", "TextFiles", yams,
        ], path: "Sources/Recipes/Settings", swiftSettings: strict),
    // Layer 10  how many threads compute
    .target(
        name: "Threads",
        dependencies: [
            "Costs", "Embeddings", "Policies", "PolicyFamilies", "PromptedMasks", "RLTrainer",
            "Runs", "Segmenters", "Settings", "Torch", "VisionLanguage",
        ], path: "Sources/Recipes/Threads", swiftSettings: strict),
    // Layer 11  runs of training, new models
    .target(
        name: "NewModels",
        dependencies: [
            "Datasets", "Files", "Imaging", "Importers", "NN", "Policies", "PolicyFamilies",
            "PromptedMasks", "Runs", "SAM2", "Scenes", "Segmentation", "Segmenters", "Shards",
            "Supervised", "Threads", "Tokenizers", "Torch", "VisionLanguage",
        ], path: "Sources/Recipes/NewModels", swiftSettings: strict),
    .target(
        name: "TrainingRuns",
        dependencies: [
            "Adapters", "Configuration", "Embeddings", "Evaluation", "Files", "NN", "Policies",
            "PolicyFamilies", "Rewards", "RLTrainer", "Runs", "Segmentation", "Segmenters",
            "Settings", "Shards", "SharedSettings", "TextFiles", "Threads", "Tokenizers", "Torch",
            "Trackers", "VisionLanguage", yams,
        ], path: "Sources/Recipes/TrainingRuns", swiftSettings: strict),
    // Layer 12  single answers, files of completions, the stages before training
    .target(
        name: "Inference",
        dependencies: [
            "Imaging", "Pictures", "Policies", "PromptedMasks", "RLTrainer", "Segmentation",
            "Segmenters", "Torch", "TrainingRuns", "VisionLanguage",
        ], path: "Sources/Recipes/Inference", swiftSettings: strict),
    .target(
        name: "Scoring",
        dependencies: [
            "Datasets", "Embeddings", "Files", "Imaging", "Pictures", "Policies", "PromptedMasks",
            "Rewards", "Segmentation", "Segmenters", "Settings", "Shards", "SystemErrors",
            "TextFiles", "Torch", "TrainingRuns",
        ], path: "Sources/Recipes/Scoring", swiftSettings: strict),
    .target(
        name: "SegmenterTraining",
        dependencies: [
            "Configuration", "Datasets", "Files", "Imaging", "NN", "NewModels", "PromptedMasks",
            "RLTrainer", "Runs", "SAM2", "Shards", "SharedSettings", "Supervised", "TextFiles",
            "Threads",
            "Torch", "Trackers",
        ], path: "Sources/Recipes/SegmenterTraining", swiftSettings: strict),
    .target(
        name: "SupervisedTraining",
        dependencies: [
            "Configuration", "Datasets", "Files", "Imaging", "NN", "NewModels", "Policies",
            "PolicyFamilies", "RLTrainer", "Runs", "Segmentation", "Shards", "SharedSettings",
            "Supervised", "TextFiles", "Threads", "Tokenizers", "Torch", "Trackers",
            "VisionLanguage",
        ], path: "Sources/Recipes/SupervisedTraining", swiftSettings: strict),
    // Layer 13  evaluations
    .target(
        name: "Evaluating",
        dependencies: [
            "Configuration", "Datasets", "Embeddings", "Evaluation", "Files", "Imaging",
            "Inference", "Pictures", "Policies", "PromptedMasks", "RLTrainer", "Rewards", "Runs",
            "Segmentation", "Segmenters", "Settings", "Shards", "SharedSettings",
            "SupervisedTraining", "SystemErrors", "TextFiles", "Threads", "Torch", "TrainingRuns",
            yams,
        ], path: "Sources/Recipes/Evaluating", swiftSettings: strict),
    // Layer 14  training, reports
    .target(
        name: "Reporting",
        dependencies: [
            "Configuration", "Datasets", "Evaluating", "Evaluation", "Files", "Imaging", "Pictures",
            "Reports", "Runs", "Segmentation", "Settings", "Shards", "TextFiles", "TrainingRuns",
        ], path: "Sources/Recipes/Reporting", swiftSettings: strict),
    .target(
        name: "Training",
        dependencies: [
            "Configuration", "Datasets", "Embeddings", "Evaluating", "Evaluation", "EventFiles",
            "Files", "Imaging", "Inference", "NN", "Pictures", "Policies", "PromptedMasks",
            "Rewards", "RLTrainer", "Runs", "Segmentation", "Segmenters", "Settings", "Shards",
            "SharedSettings", "TextFiles", "Threads", "Torch", "Trackers", "TrainingRuns",
        ], path: "Sources/Recipes/Training", swiftSettings: strict),
    // Layer 15  what is made of whole runs
    .target(
        name: "Ablation",
        dependencies: [
            "Configuration", "Embeddings", "Evaluating", "Evaluation", "Files", "Imaging", "NN",
            "Policies", "RLTrainer", "Reporting", "Reports", "Runs", "Segmentation", "Settings",
            "Shards", "SharedSettings", "SystemErrors", "TextFiles", "Threads", "Torch", "Training",
            "TrainingRuns", yams,
        ], path: "Sources/Recipes/Ablation", swiftSettings: strict),
    .target(
        name: "Benchmarking",
        dependencies: [
            "Adapters", "Costs", "Datasets", "Files", "Imaging", "NewModels", "NN", "Pictures",
            "Policies", "PolicyFamilies", "PromptedMasks", "Rewards", "RLTrainer", "Scenes",
            "Scoring", "Segmentation", "Segmenters", "Settings", "Shards", "SharedSettings",
            "Supervised", "Threads", "Torch", "Training", "VisionLanguage",
        ], path: "Sources/Recipes/Benchmarking", swiftSettings: strict),
    .target(
        name: "DryRuns",
        dependencies: [
            "Configuration", "Costs", "Datasets", "Embeddings", "Files", "Imaging", "NN",
            "Pictures", "Policies", "PromptedMasks", "RLTrainer", "Rewards", "Runs", "Segmentation",
            "Segmenters", "Settings", "Shards", "SharedSettings", "TextFiles", "Threads", "Torch",
            "Training",
            "TrainingRuns", "VisionLanguage",
        ], path: "Sources/Recipes/DryRuns", swiftSettings: strict),
    .target(
        name: "Quickstart",
        dependencies: [
            "Configuration", "Embeddings", "Evaluating", "Evaluation", "Files", "Imaging", "NN",
            "NewModels", "Policies", "RLTrainer", "Reporting", "Runs", "Scenes", "Segmentation",
            "Settings", "Shards", "TextFiles", "Torch", "Training", "TrainingRuns",
        ], path: "Sources/Recipes/Quickstart", swiftSettings: strict),
    .target(
        name: "Watching",
        dependencies: [
            "Configuration", "Datasets", "Embeddings", "Evaluating", "Evaluation", "Files",
            "Imaging", "Pictures", "Reporting", "Reports", "RLTrainer", "Runs", "Segmentation",
            "Segmenters", "Settings", "Shards", "SharedSettings", "TextFiles", "Threads",
            "TrainingRuns", yams,
        ], path: "Sources/Recipes/Watching", swiftSettings: strict),
    // Layer 16  what a terminal shows and says
    .target(
        name: "Terminals",
        dependencies: [
            "Configuration", "Evaluation", "Files", "SegmenterTraining", "Settings",
            "SupervisedTraining", "SystemErrors", "TextFiles", "Threads", "TrainingRuns",
            "Watching",
        ],
        swiftSettings: strict),
    // Layer 17  the commands
    .executableTarget(
        name: "think2seg",
        dependencies: [
            "Ablation", argumentParser, "Benchmarking", "Configuration", "Datasets", "DryRuns",
            "Embeddings", "Evaluating", "Evaluation", "Files", "Imaging", "Importers", "Inference",
            "NewModels", "Pictures", "Policies", "PolicyFamilies", "PromptedMasks", "Quickstart",
            "Reporting", "Rewards", "RLTrainer", "Runs", "Scenes", "Scoring", "Segmentation",
            "SegmenterTraining", "Settings", "Shards", "SharedSettings", "SourceCommit",
            "Supervised", "SupervisedTraining", "SystemErrors", "Terminals", "TextFiles", "Threads",
            "Tokenizers", "Torch", "Trackers", "Training", "TrainingRuns", "Verification",
            "Watching",
        ], swiftSettings: strict, linkerSettings: allocator),

    // The tests of these
    .target(
        name: "CostsTestSupport",
        dependencies: ["Costs", "PolicyFamilies", "SAM2", "VisionLanguage"],
        path: "Tests/CostsSupport", swiftSettings: strict),
    .target(
        name: "EndToEndTestSupport",
        dependencies: [
            "Embeddings", "Evaluation", "Imaging", "NewModels", "NN", "Policies", "PolicyFamilies",
            "RLTrainer", "Scenes", "Segmentation", "Settings", "Tokenizers", "Torch", "Trackers",
            "VisionLanguage",
        ], path: "Tests/EndToEndSupport", swiftSettings: strict),
    .target(
        name: "TrainingTestSupport",
        dependencies: [
            "EndToEndTestSupport", "Evaluation", "Files", "FilesTestSupport", "RLTrainer",
            "Settings", "Training",
        ], path: "Tests/TrainingSupport", swiftSettings: strict),
    .testTarget(
        name: "AdaptersTests",
        dependencies: [
            "Adapters", "NN", "PolicyFamilies", "TestSupport", "Torch", "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(
        name: "AblationTests",
        dependencies: [
            "Ablation", "Configuration", "EndToEndTestSupport", "Evaluating", "Evaluation",
            "FilesTestSupport", "RLTrainer", "Rewards", "Settings", "TestSupport", "Torch",
        ], swiftSettings: strict),
    .testTarget(
        name: "BenchmarkingTests",
        dependencies: [
            "Benchmarking", "Costs", "CostsTestSupport", "EndToEndTestSupport", "Evaluating",
            "Files", "FilesTestSupport", "Imaging", "Inference", "NN", "NewModels", "Policies",
            "PromptedMasks", "RLTrainer", "SAM2", "Settings", "Shards", "Torch", "Training",
            "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(name: "CTorchShimTests", dependencies: ["CTorchShim"], swiftSettings: strict),
    .testTarget(
        name: "CommandTests",
        dependencies: [
            "Ablation", argumentParser, "Configuration", "Embeddings", "Evaluating", "Evaluation",
            "Files", "FilesTestSupport", "Policies", "Rewards", "Runs", "SegmenterTraining",
            "Settings", "SharedSettings", "SupervisedTraining", "Terminals", "TestSupport",
            "TextFiles", "think2seg", "Torch", "TrainingRuns",
        ], swiftSettings: strict),
    .testTarget(
        name: "ConfigurationTests",
        dependencies: [
            "Configuration", "Embeddings", "Evaluating", "Files", "FilesTestSupport", "NN",
            "Policies", "Rewards", "RLTrainer", "SegmenterTraining", "Settings", "SharedSettings",
            "SupervisedTraining", "TestSupport", "Trackers",
        ], swiftSettings: strict),
    .testTarget(
        name: "CostsTests",
        dependencies: [
            "Benchmarking", "Costs", "CostsTestSupport", "Evaluating", "FilesTestSupport",
            "NewModels", "PolicyFamilies", "PromptedMasks", "Runs", "SAM2", "Threads", "Torch",
            "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(
        name: "EmbeddingsTests",
        dependencies: [
            "Datasets", "Embeddings", "EndToEndTestSupport", "FilesTestSupport", "Imaging", "NN",
            "PromptedMasks", "SAM2", "Segmentation", "Torch",
        ], swiftSettings: strict),
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "ChatTemplates", "Configuration", "Costs", "Datasets", "DryRuns", "Embeddings",
            "EndToEndTestSupport", "Evaluating", "Evaluation", "Files", "FilesTestSupport",
            "Imaging", "Importers", "Inference", "NewModels", "NN", "Pictures", "Policies",
            "PolicyFamilies", "PromptedMasks", "Quickstart", "Reporting", "RLTrainer", "Runs",
            "Scenes", "Scoring", "Segmentation", "Settings", "Shards", "SharedSettings",
            "SupervisedTraining", "TestSupport", "Threads", "Tokenizers", "Torch", "Training",
            "TrainingRuns", "TrainingTestSupport", "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(
        name: "EvaluatingTests",
        dependencies: [
            "Datasets", "EndToEndTestSupport", "Evaluating", "Evaluation", "FilesTestSupport",
            "Imaging", "Pictures", "Policies", "PromptedMasks", "RLTrainer", "SAM2", "Segmentation",
            "Settings", "Shards", "Torch", "TrainingRuns", "TrainingTestSupport",
        ], swiftSettings: strict),
    .testTarget(
        name: "InferenceTests",
        dependencies: [
            "EndToEndTestSupport", "FilesTestSupport", "Imaging", "Inference", "NN", "Policies",
            "PolicyFamilies", "PromptedMasks", "RLTrainer", "SAM2", "Segmentation", "TestSupport",
            "Tokenizers", "Torch", "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(
        name: "NNTests", dependencies: ["NN", "TestSupport", "Torch"], swiftSettings: strict),
    .testTarget(
        name: "PagesTests",
        dependencies: [argumentParser, "TestSupport", "think2seg", yams],
        exclude: ["README.md", "prepare.sh"],
        swiftSettings: strict),
    .testTarget(
        name: "PromptedMasksTests",
        dependencies: [
            "Imaging", "NN", "PromptedMasks", "SAM2", "Segmentation", "Segmenters", "TestSupport",
            "Torch",
        ], swiftSettings: strict),
    .testTarget(
        name: "Qwen25VLTests",
        dependencies: [
            "Imaging", "NN", "PolicyFamilies", "RLTrainer", "TestSupport", "Tokenizers", "Torch",
            "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(
        name: "RLTrainerTests",
        dependencies: [
            "Datasets", "Files", "Imaging", "NN", "RLTrainer", "Rewards", "Segmentation",
            "TestSupport", "Torch",
        ], swiftSettings: strict),
    .testTarget(
        name: "ReportingTests",
        dependencies: [
            "Datasets", "EndToEndTestSupport", "Evaluating", "Evaluation", "FilesTestSupport",
            "Imaging", "RLTrainer", "Reporting", "Reports", "Segmentation", "TestSupport",
            "TrainingTestSupport",
        ], swiftSettings: strict),
    .testTarget(
        name: "RunsTests",
        dependencies: [
            "Evaluating", "Files", "FilesTestSupport", "Reporting", "Runs", "TestSupport",
            "Trackers", "TrainingRuns",
        ], swiftSettings: strict),
    .testTarget(
        name: "SAM2Tests",
        dependencies: [
            "Imaging", "NN", "PromptedMasks", "SAM2", "Segmentation", "TestSupport", "Torch",
        ], swiftSettings: strict),
    .testTarget(
        name: "ScoringTests",
        dependencies: [
            "Datasets", "EndToEndTestSupport", "Evaluating", "FilesTestSupport", "Imaging",
            "Pictures", "PromptedMasks", "Rewards", "SAM2", "Scoring", "Segmentation", "Settings",
            "Shards",
        ], swiftSettings: strict),
    .testTarget(
        name: "StagesTests",
        dependencies: [
            "Configuration", "Datasets", "EndToEndTestSupport", "Evaluating", "Files",
            "FilesTestSupport", "NewModels", "NN", "Policies", "PromptedMasks", "SAM2", "Scenes",
            "SegmenterTraining", "Settings", "Shards", "SharedSettings", "Supervised",
            "SupervisedTraining", "TestSupport", "Tokenizers", "Torch",
        ], swiftSettings: strict),
    .testTarget(
        name: "SupervisedTests",
        dependencies: [
            "Datasets", "Imaging", "NN", "PolicyFamilies", "PromptedMasks", "SAM2", "Scenes",
            "Segmentation", "Supervised", "TestSupport", "Tokenizers", "Torch", "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(name: "TorchTests", dependencies: ["TestSupport", "Torch"], swiftSettings: strict),
    .testTarget(
        name: "TrainingTests",
        dependencies: [
            "Configuration", "Datasets", "Embeddings", "EndToEndTestSupport", "Evaluating",
            "Evaluation", "EventFiles", "Files", "FilesTestSupport", "Imaging", "NewModels", "NN",
            "Pictures", "Policies", "PolicyFamilies", "PromptedMasks", "Rewards", "RLTrainer",
            "Runs", "SAM2", "Scenes", "Segmentation", "Settings", "Shards", "SharedSettings",
            "Tokenizers", "Torch", "Trackers", "Training", "TrainingRuns", "TrainingTestSupport",
            "VisionLanguage",
        ], swiftSettings: strict),
    .testTarget(
        name: "VerificationTests",
        dependencies: ["Files", "FilesTestSupport", "TestSupport", "Verification"],
        swiftSettings: strict),
    .testTarget(
        name: "VisionLanguageTests",
        dependencies: ["ChatTemplates", "Imaging", "NN", "TestSupport", "Torch", "VisionLanguage"],
        swiftSettings: strict),
    .testTarget(
        name: "WatchingTests",
        dependencies: [
            "EndToEndTestSupport", "Evaluating", "Files", "FilesTestSupport", "Imaging",
            "Reporting", "Reports", "Runs", "Settings", "Shards", "TrainingTestSupport",
            "Watching",
        ], swiftSettings: strict),

    // Not a part of the command: scripts/fuzz runs it.
    .executableTarget(
        name: "fuzz",
        dependencies: [
            "Configuration", "Datasets", "Embeddings", "Evaluating", "Imaging", "Importers", "NN",
            "Policies", "Rewards", "Segmentation", "Settings", "Shards", "TestSupport", "Torch",
        ], path: "Tests/Fuzz", swiftSettings: strict),
    // What scripts/check-libtorch compiles by itself; a process of its own, as it changes settings of all.
    .executableTarget(
        name: "libtorch-operations", dependencies: ["CTorchShim"], path: "Tests/Operations",
        exclude: ["numbers.tsv"],
        cxxSettings: [
            // Without the flag, clang takes the C face for a C++20 module that was not built.
            .unsafeFlags(["-fno-cxx-modules", "-Wall", "-Wextra", "-Wshadow", "-Werror"])
        ], linkerSettings: [.linkedLibrary("m")]),
]
if withTorch { targets += withLibtorch }

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
