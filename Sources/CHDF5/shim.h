#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <fcntl.h>
#include <hdf5.h>
#include <stdbool.h>
#include <sys/file.h>

// Swift cannot import macros that expand to casts, to function calls or to variables behind a
// call. Each of HDF5's macros that this project uses has a function here.

// Stored types: the byte order in a shard does not depend on the machine that wrote it.
static inline hid_t chdf5_std_u8le(void) { return H5T_STD_U8LE; }
static inline hid_t chdf5_std_u32le(void) { return H5T_STD_U32LE; }
static inline hid_t chdf5_std_i32le(void) { return H5T_STD_I32LE; }
static inline hid_t chdf5_std_i64le(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_ieee_f64le(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_c_s1(void) { return H5T_C_S1; }

// The same types in this machine's memory.
static inline hid_t chdf5_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_native_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t chdf5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }

// Classes of property lists.
static inline hid_t chdf5_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }

// Constants behind casts or checks.
static inline hid_t chdf5_default_properties(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_error_stack(void) { return H5E_DEFAULT; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_exclusive(void) { return H5F_ACC_EXCL; }

// Keeps an open file from programs that this process starts: the library opens it so that they
// inherit it, and with it the library's lock on it. With `unlocks` that lock goes as well: until a new
// program has begun, it holds what was open when it was asked for, and so a lock on a file that was
// closed meanwhile. Negative if the library does not tell the file's descriptor.
static inline herr_t chdf5_keep_from_programs(hid_t file, bool unlocks) {
    void *handle = NULL;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || handle == NULL) return -1;
    const int descriptor = *(const int *)handle;
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) return -1;
    if (unlocks) (void)flock(descriptor, LOCK_UN);  // Where files cannot be locked, none is.
    return 0;
}

#endif
