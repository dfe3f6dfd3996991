/** The words of the first screen, in English. */

export const words = {
  welcome: 'Welcome',
  welcomeBack: 'Welcome back',
  lead: 'Choose the name others will see.',
  leadBack: 'Come in under the same name, or choose another.',
  name: 'Your name',
  submit: 'Come in',
  remembered: 'Your name is remembered on this device.',
  or: 'or with an account',
  signIn: 'Sign in',
  register: 'Create an account',
};
