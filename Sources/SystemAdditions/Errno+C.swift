internal import Glibc
public import SystemPackage

/// The errno values that Linux answers with, under the names that it gives them: `.EINVAL`, not `.invalidArgument`. This package
/// spells them so everywhere.
extension Errno {
    /// Argument list too long
    public static var E2BIG: Errno { Errno(rawValue: Glibc.E2BIG) }
    /// Permission denied
    public static var EACCES: Errno { Errno(rawValue: Glibc.EACCES) }
    /// Address already in use
    public static var EADDRINUSE: Errno { Errno(rawValue: Glibc.EADDRINUSE) }
    /// Cannot assign requested address
    public static var EADDRNOTAVAIL: Errno { Errno(rawValue: Glibc.EADDRNOTAVAIL) }
    /// Resource temporarily unavailable
    public static var EAGAIN: Errno { Errno(rawValue: Glibc.EAGAIN) }
    /// Bad file descriptor
    public static var EBADF: Errno { Errno(rawValue: Glibc.EBADF) }
    /// Device or resource busy
    public static var EBUSY: Errno { Errno(rawValue: Glibc.EBUSY) }
    /// Software caused connection abort
    public static var ECONNABORTED: Errno { Errno(rawValue: Glibc.ECONNABORTED) }
    /// Connection refused
    public static var ECONNREFUSED: Errno { Errno(rawValue: Glibc.ECONNREFUSED) }
    /// Disk quota exceeded
    public static var EDQUOT: Errno { Errno(rawValue: Glibc.EDQUOT) }
    /// File exists
    public static var EEXIST: Errno { Errno(rawValue: Glibc.EEXIST) }
    /// File too large
    public static var EFBIG: Errno { Errno(rawValue: Glibc.EFBIG) }
    /// Interrupted system call
    public static var EINTR: Errno { Errno(rawValue: Glibc.EINTR) }
    /// Invalid argument
    public static var EINVAL: Errno { Errno(rawValue: Glibc.EINVAL) }
    /// Input/output error
    public static var EIO: Errno { Errno(rawValue: Glibc.EIO) }
    /// Is a directory
    public static var EISDIR: Errno { Errno(rawValue: Glibc.EISDIR) }
    /// Too many levels of symbolic links
    public static var ELOOP: Errno { Errno(rawValue: Glibc.ELOOP) }
    /// Too many open files
    public static var EMFILE: Errno { Errno(rawValue: Glibc.EMFILE) }
    /// Too many links
    public static var EMLINK: Errno { Errno(rawValue: Glibc.EMLINK) }
    /// File name too long
    public static var ENAMETOOLONG: Errno { Errno(rawValue: Glibc.ENAMETOOLONG) }
    /// No buffer space available
    public static var ENOBUFS: Errno { Errno(rawValue: Glibc.ENOBUFS) }
    /// No data available
    public static var ENODATA: Errno { Errno(rawValue: Glibc.ENODATA) }
    /// Too many open files in system
    public static var ENFILE: Errno { Errno(rawValue: Glibc.ENFILE) }
    /// No such device
    public static var ENODEV: Errno { Errno(rawValue: Glibc.ENODEV) }
    /// No such file or directory
    public static var ENOENT: Errno { Errno(rawValue: Glibc.ENOENT) }
    /// Exec format error
    public static var ENOEXEC: Errno { Errno(rawValue: Glibc.ENOEXEC) }
    /// Cannot allocate memory
    public static var ENOMEM: Errno { Errno(rawValue: Glibc.ENOMEM) }
    /// No space left on device
    public static var ENOSPC: Errno { Errno(rawValue: Glibc.ENOSPC) }
    /// Function not implemented
    public static var ENOSYS: Errno { Errno(rawValue: Glibc.ENOSYS) }
    /// Transport endpoint is not connected
    public static var ENOTCONN: Errno { Errno(rawValue: Glibc.ENOTCONN) }
    /// Not a directory
    public static var ENOTDIR: Errno { Errno(rawValue: Glibc.ENOTDIR) }
    /// Directory not empty
    public static var ENOTEMPTY: Errno { Errno(rawValue: Glibc.ENOTEMPTY) }
    /// Inappropriate ioctl for device
    public static var ENOTTY: Errno { Errno(rawValue: Glibc.ENOTTY) }
    /// No such device or address
    public static var ENXIO: Errno { Errno(rawValue: Glibc.ENXIO) }
    /// Operation not supported
    public static var EOPNOTSUPP: Errno { Errno(rawValue: Glibc.EOPNOTSUPP) }
    /// Operation not permitted
    public static var EPERM: Errno { Errno(rawValue: Glibc.EPERM) }
    /// Numerical result out of range
    public static var ERANGE: Errno { Errno(rawValue: Glibc.ERANGE) }
    /// Read-only file system
    public static var EROFS: Errno { Errno(rawValue: Glibc.EROFS) }
    /// Too many users
    public static var EUSERS: Errno { Errno(rawValue: Glibc.EUSERS) }
    /// Invalid cross-device link
    public static var EXDEV: Errno { Errno(rawValue: Glibc.EXDEV) }
}
