import Glibc

/// Functions of the C library that Swift's module of it leaves out, found by name.
enum SystemCalls {
    typealias GetXattr = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
    typealias ListXattr = @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, Int) -> Int
    typealias SetXattr = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32) -> Int32
    typealias RemoveXattr = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    typealias Rename = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

    private static func find<Function>(_ name: String, as type: Function.Type) -> Function {
        unsafeBitCast(dlsym(nil, name), to: type)
    }

    static var getxattr: GetXattr { find("getxattr", as: GetXattr.self) }
    static var listxattr: ListXattr { find("listxattr", as: ListXattr.self) }
    static var setxattr: SetXattr { find("setxattr", as: SetXattr.self) }
    static var removexattr: RemoveXattr { find("removexattr", as: RemoveXattr.self) }

    /// `renameat2` with `RENAME_EXCHANGE`.
    static func exchange(_ one: String, _ other: String) -> Int32 {
        find("renameat2", as: Rename.self)(AT_FDCWD, one, AT_FDCWD, other, 2)
    }
}
