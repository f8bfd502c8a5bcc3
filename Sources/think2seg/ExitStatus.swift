import ArgumentParser
import Configuration
import DryRuns
import Files
import Foundation
import Imaging
import Importers
import RLTrainer
import Rewards
import Shards
import SystemErrors
import Tokenizers
import Torch
import TrainingRuns

/// The exit codes of sysexits that the commands use.
enum SystemExit {
    /// The command line asks for what cannot be done.
    static let usage: Int32 = 64
    /// Input data are not what they should be.
    static let badData: Int32 = 65
    /// An input file is missing.
    static let missingInput: Int32 = 66
    /// A program that the command needs is gone.
    static let unavailable: Int32 = 69
    /// A bug of this program, or a failure that no input explains.
    static let software: Int32 = 70
    /// The system has no more of something, such as memory.
    static let system: Int32 = 71
    /// An output file or folder cannot be made.
    static let cannotCreate: Int32 = 73
    /// Writing failed.
    static let cannotWrite: Int32 = 74
    /// Nothing is wrong, but not everything is done: the same command goes on.
    static let goOnLater: Int32 = 75
    /// A policy's answer cannot be read.
    static let unreadableAnswer: Int32 = 76
    /// The configuration is wrong.
    static let badConfiguration: Int32 = 78
    /// A run ended because `training.stop_when` says so; not one of sysexits.
    static let learnsNothing: Int32 = 80
}

/// The exit code of an error; nil for the errors of the argument parser, which knows its own.
func exitStatus(of error: any Error) -> Int32? {
    switch error {
    case is ValidationError, is CleanExit, is ExitCode: return nil
    case let error as ConfigurationError:
        return error.isMissingInput ? SystemExit.missingInput : SystemExit.badConfiguration
    case is OutputClash, is UnknownKeyError, is WrongEnding: return SystemExit.usage
    case is OutputInTheWay: return SystemExit.cannotCreate
    case is RewardConfigurationError: return SystemExit.badConfiguration
    case is any RewardInfrastructureError: return SystemExit.unavailable
    case is MissingInputError: return SystemExit.missingInput
    case let error as CheckpointError:
        if error.isWriteFailure { return SystemExit.cannotWrite }
        return error.isMissing ? SystemExit.missingInput : SystemExit.badData
    case let error as ImageError:
        switch error.kind {
        case .badData: return SystemExit.badData
        case .missing: return SystemExit.missingInput
        case .cannotWrite: return SystemExit.cannotWrite
        case .outOfMemory: return SystemExit.system
        }
    case let error as ImportError:
        let exists = FileManager.default.fileExists(atPath: error.path)
        return exists ? SystemExit.badData : SystemExit.missingInput
    case TokenizerError.unwritable: return SystemExit.cannotWrite
    case let error as ShardError:
        switch error.kind {
        case .missing: return SystemExit.missingInput
        case .cannotWrite: return SystemExit.cannotWrite
        default: return SystemExit.badData
        }
    case let error as DryRunError: return error.errors.first.flatMap(exitStatus)
    case let error as FileError:
        switch error.kind {
        case .unusable: return SystemExit.cannotCreate
        case .cannotWrite: return SystemExit.cannotWrite
        case .damaged, .ofAnotherCommand: return SystemExit.badData
        }
    case let error as TorchError:
        return error.code == .outOfMemory ? SystemExit.system : SystemExit.software
    default:
        if let failure = SystemFailure(error) {
            if failure.isWriteFailure { return SystemExit.cannotWrite }
            return failure.isMissing ? SystemExit.missingInput : SystemExit.badData
        }
        return "\(type(of: error))".hasPrefix("CommandError") ? nil : SystemExit.badData
    }
}
