internal import Glibc
public import SystemPackage

extension FileDescriptor {
    /// Has /dev/null be input, output or errors where one of these is closed, so that nothing else gets its number: what is written
    /// for a person would go there.
    ///
    /// - Parameter isPassedOn: programs that this one starts have them, too; else they find them closed.
    public static func occupyStandardDescriptors(isPassedOn: Bool) {
        var descriptor: Int32
        repeat { descriptor = Glibc.open("/dev/null", O_RDWR | (isPassedOn ? 0 : O_CLOEXEC)) } while (0...2).contains(descriptor)
        if descriptor > 2 { Glibc.close(descriptor) }
    }
}
