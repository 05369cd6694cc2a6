declare module 'wav-decoder' {
  interface DecodedAudio {
    readonly numberOfChannels: number;
    readonly length: number;
    readonly sampleRate: number;
    readonly channelData: readonly Float32Array[];
  }
  interface Decode {
    /** `symmetric`: divide by 2^(bits - 1) on both sides of zero. */
    sync(buffer: ArrayBuffer, options?: { readonly symmetric?: boolean }): DecodedAudio;
  }
  const decoder: { readonly decode: Decode };
  export default decoder;
}
