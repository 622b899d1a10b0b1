// The error numbers of Linux that this package handles. They are negative, because the native library returns them so.

export const EPERM = -1;
export const ENOENT = -2;
export const EAGAIN = -11;
export const ENOMEM = -12;
export const EBUSY = -16;
export const EEXIST = -17;
export const EINVAL = -22;
export const EMFILE = -24;
export const ENOSPC = -28;
export const EPIPE = -32;
export const ENODATA = -61;
export const EPROTO = -71;
export const EBADMSG = -74;
export const EOVERFLOW = -75;
export const EMSGSIZE = -90;
export const ECONNABORTED = -103;
export const ECONNRESET = -104;
export const ESHUTDOWN = -108;
export const ETOOMANYREFS = -109;
export const ECONNREFUSED = -111;
