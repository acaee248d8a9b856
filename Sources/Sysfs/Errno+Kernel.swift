public import SystemPackage

/// The errno values that the drivers answer with, under the names that the kernel gives them.
///
/// This is the only place that maps a kernel name to `Errno`.
extension Errno {
    public static var EPERM: Errno { .notPermitted }
    public static var ENOENT: Errno { .noSuchFileOrDirectory }
    public static var EINTR: Errno { .interrupted }
    public static var EIO: Errno { .ioError }
    public static var EBADF: Errno { .badFileDescriptor }
    public static var EAGAIN: Errno { .resourceTemporarilyUnavailable }
    public static var ENOMEM: Errno { .noMemory }
    public static var EACCES: Errno { .permissionDenied }
    public static var EBUSY: Errno { .resourceBusy }
    public static var EEXIST: Errno { .fileExists }
    public static var ENODEV: Errno { .operationNotSupportedByDevice }
    public static var ENOTDIR: Errno { .notDirectory }
    public static var EISDIR: Errno { .isDirectory }
    public static var EINVAL: Errno { .invalidArgument }
    public static var ENOTTY: Errno { .inappropriateIOCTLForDevice }
    public static var EFBIG: Errno { .fileTooLarge }
    public static var ENOSPC: Errno { .noSpace }
    public static var ERANGE: Errno { .outOfRange }
    public static var ENODATA: Errno { Errno(rawValue: 61) }
    public static var EUSERS: Errno { Errno(rawValue: 87) }
    public static var EOPNOTSUPP: Errno { Errno(rawValue: 95) }
    public static var EADDRINUSE: Errno { .addressInUse }
    public static var EADDRNOTAVAIL: Errno { .addressNotAvailable }
}
