export default function never(): void {}

throw new RangeError("thrown at import");
