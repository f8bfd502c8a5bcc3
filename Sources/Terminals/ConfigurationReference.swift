import Configuration
import SegmenterTraining
import Settings
import SupervisedTraining
import TrainingRuns

/// The reference of all keys of all commands' configurations, as Markdown.
public enum ConfigurationReference {
    /// The text of `Documentation/configuration.md`.
    public static var markdown: String {
        introduction + "\n"
            + [
                RunConfiguration.chapter(
                    "What the keys do together: [GRPO runs](grpo.md). The last column says whether a "
                        + "run that is continued may have another value than before.",
                    resume: RunStart.mayChange),
                SFTConfiguration.chapter(
                    "A warm start of the policy, before `train`.",
                    resume: nil),
                SegmenterConfiguration.chapter(

                    "Supervised training of the segmenter, which stays as it is in `train`.",
                    resume: nil),
            ].joined(separator: "\n")
    }

    private static let introduction = """
        # Configuration

        <!-- Written by `make reference`. Change the tables of keys in the sources, not this file. -->

        `train`, `sft` and `pretrain-segmenter` each read a YAML file; `--set key=value` overrides a \
        key, the later one wins. What is not set has its default; image size, prompt and longest answer are \
        those that the policy [was trained with](model-files.md#what-a-policy-was-trained-with), if its \
        folder says so. `think2seg config show FILE` prints \
        every key as a run would have it, `--of sft` those of another command.

        ## A file to begin with

        `think2seg config init --output mine.yaml` writes the keys that most runs set, each with its \
        meaning. `--from` begins with the settings of a paper, such as `--from dapo`, or with what \
        differs from the defaults in a run, `--from runs/a`; `--of sft` and `--of pretrain-segmenter` \
        are for the other commands. A file that is there stays as it is.

        ## What a name means

        ```sh
        think2seg config explain grpo.beta
        think2seg config explain training
        think2seg config explain per_device_train_batch_size
        ```

        tells of a key what it means and takes, its default, whether a run that goes on may have another \
        value, how it is written, and what it is called elsewhere; of a section its keys; of a reward term \
        its parameters. The names of TRL, transformers, EasyR1 and verl are known: the key here is told, \
        or why there is none. The same is said where such a name stands in a configuration, after `--set`, \
        or as an option of `train`.

        ## What is refused

        Everything that is wrong with a configuration is reported at once, each problem with file, line, \
        key and what would be right: unknown keys and sections with the nearest known one, wrong types, values out \
        of bounds, keys that stand twice, values that do not fit each other, and files that are not \
        there. Exit status 78, or 66 if files that are not there are all that is wrong. What is allowed \
        but most likely not meant is a warning.

        | command | what it looks at |
        |---|---|
        | `config check FILE` | the file; what is missing on this machine is a warning, since \
        configurations are checked on other machines too |
        | `config check FILE --strict` | the same; every warning is a problem |
        | `train FILE --dry-run` | all that a run reads before its first step, without weights in memory; \
        see [GRPO runs](grpo.md#before-a-run) |

        YAML's anchors and aliases (`&name`, `*name`) are read, merge keys (`<<`) are not. Indent with \
        spaces. A list of one may be written as the entry alone. Texts that look like numbers need \
        no quotes, except for editors; numbers in quotes are texts, and are refused with what to write, as \
        are numbers with a comma or with a hyphen or digit that only looks like one. The file is \
        [UTF-8 or UTF-16](robustness.md#text-files).

        ## Paths

        Keys that take a path, paths in an ablation's plan, and the options and arguments of all \
        commands are read by one rule:

        | what it is | written |
        |---|---|
        | the home folder: `HOME`, or that of the password database where `HOME` is not set | `~`, \
        `~/runs` |
        | the home folder of the user ada | `~ada/runs` |
        | a variable of the environment, at the start of a part of the path; the longest name of \
        letters, digits and `_` counts | `$DATA/train.h5`, `runs/${NAME}-2` |
        | a dollar for two: `$DATA`, `a$b` | `$$DATA`, `a$$b` |
        | as it is written, like any other `~` and `$` | `./~x`, `a~b`, `a$b`, `$5` |

        A user who is not there, a variable that is not set or is empty, and braces with anything but a \
        name in them are errors, and nothing is written. What a variable stands for is not expanded \
        again. All other paths are relative to the folder that the command runs in. A run's \
        `config.yaml` has the expanded paths, so that it means the same to others.

        YAML takes `~` alone for null, and braces inside `{…}` for its own: write `"~"`, and \
        `{path: "${HOME}/policy"}`. Patterns, instructions and the commands of rewards and trackers are no paths. \
        Shells leave the `~` of `--output=~/runs` as it is; the rule reads it. Options that name a \
        folder take a slash at its end, those that name a file to write do not; `report --output` takes \
        either.

        ## In an editor

        `think2seg config schema` prints a JSON Schema of the keys (`--of sft` and `--of \
        pretrain-segmenter` those of the other commands). Editors with a YAML language server complete \
        and check keys by it, when the file's first line names it, relative to the file:

        ```sh
        think2seg config schema > train.schema.json
        ```

        ```yaml config=train
        # yaml-language-server: $schema=train.schema.json
        output_dir: runs/first
        ```

        The schema knows each key alone; `config check` knows what they mean together.

        """
}
