// RLTrainer
