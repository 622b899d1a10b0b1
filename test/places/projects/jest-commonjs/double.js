exports.double = function double(n) {
  return 2 * n;
};
