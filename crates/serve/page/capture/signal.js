// Sound, vibration, and a screen that stays on: none of them is needed, each helps somebody.

let sound = null;

/** Browsers let a page make sounds only after a touch, so this is called from one. */
export function readySound() {
  try {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!sound && Context) sound = new Context();
    if (sound && sound.state === "suspended") sound.resume().catch(() => {});
  } catch (e) {
    sound = null;
  }
}

/** A short sound and a short shake at each new step, for those who cannot look at the words. */
export function signal() {
  try {
    if (sound && sound.state === "running") {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      const t = sound.currentTime;
      tone.frequency.value = 660;
      volume.gain.setValueAtTime(0.0001, t);
      volume.gain.exponentialRampToValueAtTime(0.15, t + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, t + 0.18);
      tone.connect(volume);
      volume.connect(sound.destination);
      tone.start(t);
      tone.stop(t + 0.2);
    }
    if (navigator.vibrate) navigator.vibrate(80);
  } catch (e) {
    // The words are there.
  }
}

let awake = null;

/** Asks for a screen that stays on; where it cannot be had, nothing is lost. */
export async function keepAwake() {
  try {
    if (navigator.wakeLock) awake = await navigator.wakeLock.request("screen");
  } catch (e) {
    awake = null;
  }
}

export function letSleep() {
  if (awake) awake.release().catch(() => {});
  awake = null;
}
