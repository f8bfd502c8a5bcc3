#ifndef C_TORCH_SHIM_H
#define C_TORCH_SHIM_H
#endif
