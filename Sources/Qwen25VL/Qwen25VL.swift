// Qwen25VL
